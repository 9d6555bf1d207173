"""The console's lists on a database of ten million messages, over messaging's own gRPC."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg

from bench.fill import DAYS, Filled
from bench.report import Goal, Section
from kit import ids, paging
from kit.pb import moment
from kit.rpc import channel
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.messaging.v1 import messaging_pb2_grpc

GOAL_MS = 100.0
PAGE = 50
_WARM_UP = 10
_NOTE = (
    "Where the time budget of 50 ms ends before the page is full, the answer is the rows so far and a cursor: of "
    "what nobody has, and of what stands in no index."
)

Call = Callable[[int], Awaitable[Any]]
"""Make the call of that number."""


@dataclass(frozen=True)
class Row:
    """A list: what the calls took, and what they found."""

    name: str
    p50_ms: float
    p95_ms: float
    max_ms: float
    rows: float
    """Of a page, on average."""
    calls: int

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        times = (f"{value:.1f}" for value in (self.p50_ms, self.p95_ms, self.max_ms))
        return self.name, *times, f"{self.rows:.0f}", str(self.calls)


@dataclass(frozen=True)
class Asked:
    """What is looked for, drawn from the database: as many of each as there are calls."""

    big: str
    small: str
    traces: list[str]
    dialogs: list[str]
    numbers: list[int]
    moments: list[datetime]


async def measure(address: str, dsn: str, filled: Filled, calls: int, now: datetime) -> Section:
    """Make every kind of call so many times, one after the other."""
    asked = await _draw(dsn, calls, now)
    async with channel(address) as connection:
        stub: Any = messaging_pb2_grpc.MessagingServiceStub(connection)
        kinds = _kinds(stub, asked)
        for call in kinds.values():
            for number in range(min(calls, _WARM_UP)):
                await call(number)
        rows = [await _row(name, call, calls) for name, call in kinds.items()]
    return Section(
        title=f"Lists at {filled.rows:,} messages, as many events and requests, {filled.dialogs:,} dialogs",
        head=("list", "p50, ms", "p95, ms", "max, ms", "rows of a page", "calls"),
        rows=rows,
        goals=[Goal.at_most(f"{row.name}: p95, ms", GOAL_MS, row.p95_ms) for row in rows],
        note=f"{DAYS} days, loaded in {filled.took_s:.0f} s; one of 1 000 portals has a fifth of all. {_NOTE}",
    )


def _kinds(stub: Any, asked: Asked) -> dict[str, Call]:
    def messages(**given: Any) -> Awaitable[Any]:
        return _call(stub.ListMessages, pb.ListMessagesRequest, given)

    def events(**given: Any) -> Awaitable[Any]:
        return _call(stub.ListEvents, pb.ListEventsRequest, given)

    def inbound(**given: Any) -> Awaitable[Any]:
        return _call(stub.ListInboundEvents, pb.ListInboundEventsRequest, given)

    def dialogs(**given: Any) -> Awaitable[Any]:
        return _call(stub.ListDialogs, pb.ListDialogsRequest, given)

    def deep(number: int) -> str:
        return paging.encode(ids.floor_of(asked.moments[number]))

    def a_day(number: int) -> dict[str, Any]:
        until = asked.moments[number]
        return {"since": moment(until - timedelta(days=1)), "until": moment(until)}

    return {
        "messages, first page": lambda _: messages(),
        "messages, deep page": lambda n: messages(page_token=deep(n)),
        "messages, big portal": lambda _: messages(portal_id=asked.big),
        "messages, big portal, deep page": lambda n: messages(portal_id=asked.big, page_token=deep(n)),
        "messages, small portal": lambda _: messages(portal_id=asked.small),
        "messages, a day": lambda n: messages(**a_day(n)),
        "messages, failed": lambda _: messages(state=pb.MESSAGE_STATE_FAILED),
        "messages, big portal, failed": lambda _: messages(portal_id=asked.big, state=pb.MESSAGE_STATE_FAILED),
        "messages, pending (there are none)": lambda _: messages(state=pb.MESSAGE_STATE_PENDING),
        "messages, by number": lambda n: messages(provider_message_id=asked.numbers[n]),
        "messages of a dialog": lambda n: messages(dialog_id=asked.dialogs[n]),
        "messages of a trace": lambda n: messages(trace_id=asked.traces[n]),
        "events, first page": lambda _: events(),
        "events, deep page": lambda n: events(page_token=deep(n)),
        "events, big portal": lambda _: events(portal_id=asked.big),
        "events, send_err": lambda _: events(type="send_err"),
        "events of a trace": lambda n: events(trace_id=asked.traces[n]),
        "requests, first page": lambda _: inbound(),
        "requests, deep page": lambda n: inbound(page_token=deep(n)),
        "requests, small portal": lambda _: inbound(portal_id=asked.small),
        "requests, refused": lambda _: inbound(outcome=pb.INBOUND_OUTCOME_REFUSED),
        "requests, rare reason (1 in 40 000)": lambda _: inbound(reason="wrong_token"),
        "requests, domain": lambda _: inbound(domain="filled-900.bitrix24.ru"),
        "dialogs, first page": lambda _: dialogs(),
        "dialogs, some hours back": lambda n: dialogs(until=moment(asked.moments[0] + timedelta(hours=n % 24))),
        "dialogs, big portal": lambda _: dialogs(portal_id=asked.big),
        "dialogs, small portal": lambda _: dialogs(portal_id=asked.small),
        "dialogs, a day": lambda n: dialogs(**a_day(n)),
        "dialog": lambda n: stub.GetDialog(pb.GetDialogRequest(dialog_id=asked.dialogs[n])),
        "trace": lambda n: stub.GetTrace(pb.GetTraceRequest(trace_id=asked.traces[n])),
    }


def _call(method: Any, request: Any, given: dict[str, Any]) -> Awaitable[Any]:
    found: Awaitable[Any] = method(request(page_size=PAGE, **given))
    return found


async def _row(name: str, call: Call, calls: int) -> Row:
    took, rows = [], 0
    for number in range(calls):
        started = perf_counter()
        answer = await call(number)
        took.append(1000 * (perf_counter() - started))
        rows += sum(len(value) for field, value in answer.ListFields() if field.is_repeated)
    took.sort()
    return Row(name, took[calls // 2], took[calls * 19 // 20], took[-1], rows / calls, calls)


async def _draw(dsn: str, calls: int, now: datetime) -> Asked:
    chance = random.Random(1)
    moments = [now - timedelta(days=chance.uniform(1, DAYS - 3)) for _ in range(calls)]
    session = await asyncpg.connect(dsn)
    sizes = await session.fetch(
        "SELECT portal_id, count(*) AS messages FROM messages WHERE id >= $1 GROUP BY 1 ORDER BY 2",
        ids.floor_of(now - timedelta(days=2)),
    )
    questions = []
    for at in moments:
        questions += await session.fetch(
            "SELECT id, dialog_id, provider_message_id FROM messages "
            "WHERE direction = 'rx' AND id >= $1 AND id < $2 ORDER BY id LIMIT 1",
            ids.floor_of(at.astimezone(UTC)),
            ids.floor_of(at + timedelta(hours=1)),
        )
    await session.close()
    return Asked(
        big=str(sizes[-1]["portal_id"]),
        small=str(sizes[0]["portal_id"]),
        traces=[UUID(str(row["id"])).hex for row in questions],
        dialogs=[str(row["dialog_id"]) for row in questions],
        numbers=[row["provider_message_id"] for row in questions],
        moments=moments,
    )
