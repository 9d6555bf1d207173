"""How much waits, as the console and Prometheus are told."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from delivery.queues import Queues


async def test_what_waits_is_counted_with_the_age_of_what_is_due(service: Any, message_of: Any) -> None:
    queues = Queues(service.engine, service.clock)
    portal = await service.portal()
    [before] = await queues.look()
    await service.enqueue(message_of(portal, "one"), message_of(portal, "two"))
    service.clock.advance(90)

    [waiting] = await queues.look()
    await service.work()
    [after] = await queues.look()

    assert waiting.depth == before.depth + 2
    assert waiting.oldest_s >= 90
    assert (after.depth, after.oldest_s) == (before.depth, before.oldest_s)


async def test_a_portal_whose_breaker_is_open_is_held_and_not_old(service: Any, message_of: Any) -> None:
    queues = Queues(service.engine, service.clock)
    portal = await service.portal()
    await service.break_it(portal, "http_502_html", count=None)
    [before] = await queues.look()
    for number in range(8):
        await service.enqueue(message_of(portal, str(number), dialog_id=str(number + 2)))
        await service.work()
        service.clock.advance(1)
    assert (await service.lane(portal)).cause == "breaker_open"

    [held] = await queues.look()
    await queues.measure()

    assert held.held_portals == (before.held_portals or 0) + 1
    assert (REGISTRY.get_sample_value("tb_lanes", {"state": "breaker_open"}) or 0) >= 1


async def test_what_was_sent_and_what_was_given_up_is_counted(service: Any, message_of: Any) -> None:
    queues = Queues(service.engine, service.clock)
    portal = await service.portal()
    sent = REGISTRY.get_sample_value("tb_sends_total", {"state": "sent"}) or 0.0
    [before] = await queues.look()
    await service.enqueue(message_of(portal, "seen"))
    await service.work()
    await service.break_it(portal, "dialog_closed")
    await service.enqueue(message_of(portal, "refused"))
    await service.work()

    [after] = await queues.look()

    assert REGISTRY.get_sample_value("tb_sends_total", {"state": "sent"}) == sent + 1
    assert before.dead is not None
    assert before.rate_per_min is not None
    assert after.dead == before.dead + 1
    assert after.rate_per_min == pytest.approx(before.rate_per_min + 0.2, abs=5)
