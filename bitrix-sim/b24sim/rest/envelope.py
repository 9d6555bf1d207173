"""The JSON around a result or an error (contract 3.2)."""

from typing import Any

import orjson

from b24sim.clock import iso
from b24sim.operating import WINDOW_SECONDS, Operating
from b24sim.rest.call import Page, RestError


def success(result: Any, at: float, took: float, operating: Operating) -> bytes:
    """`{"result", "total"?, "next"?, "time"}` of a call that began `at` unix seconds and `took` seconds."""
    body: dict[str, Any]
    if isinstance(result, Page):
        body = {"result": result.result}
        if result.next is not None:
            body["next"] = result.next
        if result.total is not None:
            body["total"] = result.total
    else:
        body = {"result": result}
    body["time"] = time_block(at, took, operating)
    return orjson.dumps(body)


def failure(error: RestError) -> bytes:
    """`{"error", "error_description"}`."""
    return orjson.dumps({"error": error.code, "error_description": error.description})


def time_block(at: float, took: float, operating: Operating | None = None) -> dict[str, Any]:
    """The `time` map: of an answer, and of each command in `result_time` of a batch."""
    operating = operating or Operating(0, int(at) + WINDOW_SECONDS)
    return {
        "start": at,
        "finish": at + took,
        "duration": took,
        "processing": took,
        "date_start": iso(at),
        "date_finish": iso(at + took),
        "operating_reset_at": operating.reset_at,
        "operating": operating.seconds,
    }
