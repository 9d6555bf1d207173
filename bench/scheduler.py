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
    """Portals with work waiting, and what a claim of PICKED of them costs: the median of the rounds."""

    portals: int
    claim_ms: float
    rounds: Sequence[float]
    """The median claim of each."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return f"{self.portals:,}".replace(",", " "), f"{self.claim_ms:.2f}"


async def measure(dsn: str, claims: int) -> Section:
    """Measure so many claims at each size, round by round."""
    print("delivery: what a claim costs", flush=True)
    engine = db.engine(dsn, 2)
    unused: Any = None  # a claim sends nothing
    lanes = Lanes(engine, unused, unused, unused, utc_now)
    each = claims // ROUNDS
    rounds = [[await _claim_ms(engine, lanes, size, each) for size in SIZES] for _ in range(ROUNDS)]
    await engine.dispose()
    rows = [
        Row(size, statistics.median(took), took)
        for size, took in zip(SIZES, zip(*rounds, strict=True), strict=True)
    ]
    ratios = [max(more) / few for few, *more in rounds]
    return Section(
        title=f"Delivery: what a claim of {PICKED} lanes costs",
        head=("portals with work waiting", "claim, ms"),
        rows=rows,
        goals=[Goal.at_most("the dearest, times that at 10 portals", 1.5, ratios, is_ratio=True)],
    )


async def _claim_ms(engine: AsyncEngine, lanes: Lanes, size: int, claims: int) -> float:
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
    return statistics.median(took[10:])
