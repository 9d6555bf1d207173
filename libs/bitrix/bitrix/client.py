"""One call of a portal's REST with a token (contract 3.1)."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import orjson

from bitrix.decisions import failure
from bitrix.endpoint import EndpointPolicy
from bitrix.events import as_map
from bitrix.http import Pool
from bitrix.transport import Request, exchange

TOTAL_S = 20.0
"""Of one call with all that belongs to it; under the 30 s for which delivery holds a lane."""
PLACE_S = 5.0
"""Of them to wait for a connection, so that no call begins with too little left for its answer."""
PER_PORTAL = 8
"""Connections of this process to one portal at a time, so that one that hangs cannot take them all."""


@dataclass(frozen=True)
class Credential:
    """Where and with what a portal is called."""

    member_id: str
    client_endpoint: str
    access_token: str = field(repr=False)


@dataclass(frozen=True)
class Call:
    """A method with its parameters. `is_idempotent`: once more does no harm (a read; a send with templateId)."""

    method: str
    params: dict[str, Any] = field(repr=False)
    is_idempotent: bool = False
    carries: tuple[str, ...] = ()
    """Of a batch: the methods within."""


@dataclass(frozen=True)
class Answer:
    """What a method gave (contract 3.2)."""

    result: Any
    total: int | None = None
    """Of a list: how many there are in all."""
    next: int | None = None
    """Of a list: where the next page starts; None on the last."""
    operating_s: float = 0.0
    """Run time of this method over ten minutes; 0 where the portal does not tell."""
    operating_reset_at: float = 0.0
    """Unix seconds when the oldest of it is forgotten."""
    finished_at: float = 0.0
    """Unix seconds by the portal's own clock when it was done; 0 where the portal does not tell."""

    @classmethod
    def read(cls, result: Any, total: object, following: object, time: object) -> "Answer":
        """Return what the parts of an envelope say; a part of another type says nothing."""
        clock = as_map(time)
        return cls(
            result=result,
            total=total if isinstance(total, int) else None,
            next=following if isinstance(following, int) else None,
            operating_s=_number(clock.get("operating")),
            operating_reset_at=_number(clock.get("operating_reset_at")),
            finished_at=_number(clock.get("finish")),
        )


class BitrixClient:
    """Makes calls. It waits for no limiter and repeats nothing: `bitrix.rest` does both."""

    def __init__(self, http: Pool, policy: EndpointPolicy) -> None:
        self.policy = policy
        self._http = http
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def call(self, credential: Credential, method: str, params: dict[str, Any]) -> Any:
        """Return the `result` of a method. Raises BitrixError."""
        return (await self.ask(credential, method, params)).result

    async def ask(self, credential: Credential, method: str, params: dict[str, Any]) -> Answer:
        """Return the answer of a method. Raises BitrixError, PortalRenamed.

        The token travels in the body, because addresses get logged (contract 3.1).
        """
        url, token = f"{credential.client_endpoint}{method}", credential.access_token
        self.policy.check_url(url)
        try:
            body = orjson.dumps({**params, "auth": token})
        except TypeError as error:  # half of a surrogate pair, a number over 64 bits
            raise failure("not_encodable", method=method, description=str(error)) from None
        places = self._places.setdefault(credential.member_id, asyncio.Semaphore(PER_PORTAL))
        ends_at = asyncio.get_running_loop().time() + TOTAL_S
        try:
            async with asyncio.timeout(PLACE_S):
                await places.acquire()
        except TimeoutError:
            raise failure("connections_in_use", portal=credential.member_id, method=method) from None
        try:
            answer = await exchange(
                self._http,
                self.policy,
                method,
                Request("POST", url, body, "application/json"),
                ends_at=ends_at,
                portal=credential.member_id,
                secrets=(token,),
            )
        finally:
            places.release()
        return Answer.read(answer.get("result"), answer.get("total"), answer.get("next"), answer.get("time"))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
