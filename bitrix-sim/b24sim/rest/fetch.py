"""imbot.v2.Event.get: events of a bot in fetch mode (contract 5.6)."""

from bisect import bisect_left
from typing import Any

from b24sim.clock import iso
from b24sim.rest.bots import own_bot
from b24sim.rest.call import Call, Handler
from b24sim.rest.params import as_int

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
KEPT_SECONDS = 86_400


def get(call: Call) -> dict[str, Any]:
    """Events from `offset` on; passing an offset deletes what is before it. Events expire after 24 h."""
    bot = own_bot(call)
    limit = min(max(as_int(call.params.get("limit"), DEFAULT_LIMIT), 1), MAX_LIMIT)
    offset = as_int(call.params.get("offset"))
    fresh = call.now - KEPT_SECONDS
    first = max(
        bisect_left(bot.queue, offset, key=lambda event: event.id),
        bisect_left(bot.queue, fresh, key=lambda event: event.at),
    )
    if first:
        del bot.queue[:first]
        call.cloud.changed.set()
    page = bot.queue[:limit]
    return {
        "events": [
            {"eventId": event.id, "type": event.type, "date": iso(event.at), "data": event.data} for event in page
        ],
        "nextOffset": page[-1].id + 1 if page else offset,
        "hasMore": len(bot.queue) >= limit,
    }


METHODS: dict[str, Handler] = {"imbot.v2.Event.get": get}
