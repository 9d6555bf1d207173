"""A claim of lanes, by how many portals have work waiting."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.report import Goal, Section
from delivery.lanes import Lanes
from kit import db
from kit.clock import utc_now

SIZES = (10, 1_000, 10_000)
ROUNDS = 5
PICKED = 10
"""Lanes that one claim picks, whatever the size."""
_FILL = """
    WITH portal AS (SELECT gen_random_uuid() AS id FROM generate_series(1, :count)),
    lane AS (INSERT INTO lanes (portal_id, due_at) SELECT id, now() FROM portal)
    INSERT INTO outbox (portal_id, id, dialog_id, provider_dialog_id, part, body, priority, uuid, trace_id)
    SELECT portal.id, gen_random_uuid(), portal.id, '1', 0, 'text', 1, '', '' FROM portal, generate_series(1, 3)
"""
_EMPTY = "TRUNCATE lanes, outbox"
_RELEASE = (
    "UPDATE outbox SET state = 'created', lease_token = NULL WHERE portal_id = ANY(CAST(:held AS uuid[]))",
    "UPDATE lanes SET lease_until = NULL, lease_token = NULL WHERE portal_id = ANY(CAST(:held AS uuid[]))",
)
"""By portal: going through whole tables here would have the next claim find the processor's caches cold."""


@dataclass(frozen=True)
class Row:
    """Portals with work waiting, and what a claim of PICKED of them costs: the median of all."""

    portals: int
    claim_ms: float
    rounds: Sequence[float]
    """The median of each part of the claims."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return f"{self.portals:,}".replace(",", " "), f"{self.claim_ms:.2f}"


async def measure(dsn: str, claims: int) -> Section:
    """Measure so many claims at each size."""
    print("delivery: what a claim costs", flush=True)
    engine = db.engine(dsn, 2)
    unused: Any = None  # a claim sends nothing
    lanes = Lanes(engine, unused, unused, unused, utc_now)
    rows = [_row(size, await _claims_ms(engine, lanes, size, claims)) for size in SIZES]
    await engine.dispose()
    ratios = [max(more) / few for few, *more in zip(*(row.rounds for row in rows), strict=True)]
    return Section(
        title=f"Delivery: what a claim of {PICKED} lanes costs",
        head=("portals with work waiting", "claim, ms"),
        rows=rows,
        goals=[Goal.at_most("the dearest, times that at 10 portals", 1.5, ratios, is_ratio=True)],
    )


def _row(size: int, took: Sequence[float]) -> Row:
    each = len(took) // ROUNDS
    parts = (took[start : start + each] for start in range(0, each * ROUNDS, each))
    return Row(size, statistics.median(took), [statistics.median(part) for part in parts])


async def _claims_ms(engine: AsyncEngine, lanes: Lanes, size: int, claims: int) -> list[float]:
    async with engine.begin() as conn:
        await conn.execute(text(_EMPTY))
        await conn.execute(text(_FILL), {"count": size})
    async with db.at_once(engine).connect() as conn:
        await conn.execute(text("VACUUM ANALYZE lanes, outbox"))
        took = []
        for _ in range(claims + 10):
            began = perf_counter()
            held = await lanes.claim(PICKED)
            took.append(1000 * (perf_counter() - began))
            assert len(held) == PICKED
            assert all(lane.items for lane in held)
            for statement in _RELEASE:
                await conn.execute(text(statement), {"held": [lane.portal_id for lane in held]})
    return took[10:]
