"""How much waits to be answered, as the console and Prometheus are told."""

from typing import Any

from prometheus_client import REGISTRY

from messaging.queues import Queues


async def test_dialogs_that_are_owed_a_reply_wait_with_their_age(service: Any, event_of: Any) -> None:
    queues = Queues(service.engine, service.clock)
    portal = await service.portal()
    before, _ = await queues.look()
    await service.ingest(event_of(portal, said="/help"))
    service.clock.advance(75)

    waiting, documents = await queues.look()
    await queues.measure()
    measured = REGISTRY.get_sample_value("tb_queue_depth", {"queue": "messaging"})
    await service.respond()
    after, _ = await queues.look()

    assert (waiting.name, documents.name) == ("messaging", "knowledge")
    assert waiting.depth == before.depth + 1 == measured
    assert waiting.oldest_s >= 75
    assert after.depth == before.depth
    assert documents.rate_per_min is None
