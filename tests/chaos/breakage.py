"""What goes wrong, at random from a seed: portals, processes, Redis, Postgres."""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.e2e.product import Product

PROCESSES = (
    "gateway",
    "portal",
    "portal-worker",
    "messaging",
    "messaging-worker",
    "knowledge-worker",
    "delivery",
    "delivery-worker",
    "billing",
    "billing-worker",
)
KINDS = (
    "http_502_html",
    "portal_deleted",
    "hang",
    "close_before",
    "close_halfway",
    "close_after_accept",
    "server_error_after",
    "throttle_503",
    "operation_time_limit",
    "expired_token",
    "payment_required",
    "sending_failed",
    "dialog_closed",
    "slow",
)
SEND = "imbot.v2.Chat.Message.send"
OF_A_SEND = {"sending_failed", "dialog_closed", "operation_time_limit"}
_BROKEN_SHARE = 0.2
"""Of the portals, at any moment."""
KEY_TRAP_S = 20
"""How long a portal refuses a key whose message it does not know: an hour on the platform (contract 4.6)."""


async def set_faults(product: Product, members: Sequence[str], faults: list[dict[str, Any]]) -> None:
    """Have portals fail like this and in no other way."""

    async def one(member_id: str) -> None:
        url = f"{product.sim_url}/control/portals/{member_id}/faults"
        with contextlib.suppress(httpx.HTTPError):
            await product.http.put(url, json=faults)

    await asyncio.gather(*map(one, members))


def kill(product: Product, name: str, how: signal.Signals = signal.SIGKILL) -> bool:
    """Send a process a signal; returns whether it was there: it may be dead, and its successor on its way."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError, ValueError):
        os.kill(product.pid(name), how)
        return True
    return False


async def wipe(product: Product) -> bool:
    """Have Redis forget everything; returns whether it was there."""
    with contextlib.suppress(RedisError, OSError):
        async with Redis(port=int(product.environment["TB_REDIS_PORT"])) as redis:
            await redis.flushall()
            return True
    return False


class Breakage:
    """Breaks things until stopped; `done` counts what was broken, by its name."""

    def __init__(self, product: Product, members: Sequence[str], seed: int) -> None:
        self._product = product
        self._members = members
        self._chance = Random(seed)
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        """Break, for ever."""
        await asyncio.gather(
            self._every(1.0, 2.0, self._break_portals),
            self._every(3.0, 6.0, self._kill_process),
            self._every(15.0, 25.0, self._wipe_redis),
            self._every(40.0, 60.0, self._restart_postgres),
        )

    async def heal(self) -> None:
        """Let every portal be well."""
        await set_faults(self._product, self._members, [])

    async def _every(self, least_s: float, most_s: float, action: Any) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(least_s, most_s))
            await action()

    async def _break_portals(self) -> None:
        broken = set(self._chance.sample(self._members, int(len(self._members) * _BROKEN_SHARE)))
        await asyncio.gather(
            *(set_faults(self._product, [one], [self._fault()] if one in broken else []) for one in self._members)
        )

    def _fault(self) -> dict[str, Any]:
        kind = self._chance.choice(KINDS)
        self.done[f"portal: {kind}"] += 1
        methods = [SEND] if kind in OF_A_SEND else ["*", "batch", SEND]
        return {
            "kind": kind,
            "method": self._chance.choice(methods),
            "rate": self._chance.choice([0.3, 0.6, 1.0]),
            "count": self._chance.randint(1, 4),
            "delay_ms": 700 if kind == "slow" else 0,
        }

    async def _kill_process(self) -> None:
        self._kill(self._chance.choice(PROCESSES), signal.SIGKILL)

    async def _wipe_redis(self) -> None:
        if self._chance.random() < 0.3:
            self._kill("redis", signal.SIGKILL)
            return
        self.done["redis wiped"] += await wipe(self._product)

    async def _restart_postgres(self) -> None:
        self._kill("postgres", signal.SIGQUIT)  # at once, so that it recovers from its log

    def _kill(self, name: str, how: signal.Signals) -> None:
        self.done[f"{name} killed" if how is signal.SIGKILL else f"{name} restarted"] += kill(
            self._product, name, how
        )
