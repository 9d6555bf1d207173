"""Tokens that nobody uses: refreshed in time, the fresh ones left alone."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from portal.idle import IDLE


async def refreshes(service: Any, made: dict[str, Any]) -> int:
    counts = (await service.sim.control("GET", f"/portals/{made['member_id']}"))["counts"]
    return int(counts.get("refreshes", 0))


async def test_only_what_was_idle_for_long_is_refreshed_and_a_refused_one_stops_no_other(service: Any) -> None:
    async with service.engine.begin() as conn:  # portals of other tests
        await conn.execute(text("UPDATE portal_tokens SET state = 'dead'"))
    gone, idle, gone_too = [await service.sim.portal(limits="off") for _ in range(3)]
    for made in (gone, idle, gone_too):
        await service.install(made)
    service.clock.advance((IDLE - timedelta(hours=1)).total_seconds())
    fresh = await service.sim.portal(limits="off")
    await service.install(fresh)
    await service.idle.round()
    too_early = await refreshes(service, idle)
    for made in (gone, gone_too):
        await service.sim.control("POST", f"/portals/{made['member_id']}/uninstall", {})

    service.clock.advance(3601)
    rounds = [await service.idle.round(), await service.idle.round()]

    assert rounds == [1, 0]
    assert too_early == 0
    assert (await refreshes(service, idle), await refreshes(service, fresh)) == (1, 0)
