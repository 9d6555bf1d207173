"""Outages: nothing is refused, lost, doubled or overtaken while what ingest stands on is gone; else it is told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bench.outages import FAULTS, Plan, Stage, Stored, Verdict, judge, run, stage
from bench.steady import Sent

SHORT = Plan(rate=100, before_s=0.5, outage_s=2, after_s=0.5)


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[Stage]:
    async with stage() as found:
        yield found


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_event_of_an_outage_is_stored_once_and_in_order(running: Stage, fault: str) -> None:
    row = await run(running, fault, SHORT, 1 + list(FAULTS).index(fault))

    assert row.sent > 250
    assert row.verdict == Verdict(not_200=0, lost=0, doubled=0, disordered=0)
    assert (row.spooled > 0) == (fault != "Redis wiped and killed")
    assert row.ack_max_ms < 2000


def test_what_became_of_each_event_is_told() -> None:
    sent = [_sent(1), _sent(2), _sent(3, status=503), _sent(4), _sent(5), _sent(6, user=8), _sent(7, user=8)]
    stored = [_stored(1, 1.0), _stored(1, 1.0), _stored(4, 9.0), _stored(5, 8.0), _stored(7, 7.0), _stored(6, 7.0)]

    verdict = judge(sent, stored)

    assert verdict == Verdict(not_200=1, lost=1, doubled=1, disordered=1)


def test_ids_out_of_the_order_of_sending_are_told() -> None:
    sent = [_sent(1), _sent(2)]
    stored = [_stored(1, 1.0, row=9), _stored(2, 1.0, row=3)]

    assert judge(sent, stored).disordered == 1


def _sent(message_id: int, status: int = 200, user: int = 7) -> Sent:
    return Sent(message_id, (1, user), at=0.0, status=status)


def _stored(message_id: int, at: float, row: int = 0) -> Stored:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=at)
    return Stored(message_id, UUID(int=row or message_id), moment)
