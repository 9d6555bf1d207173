"""JSON lines on stdout: one per request and per job, fields not prose, never a secret."""

import logging
import re
import sys
from typing import Any, TextIO, cast

import orjson
import structlog

from kit import metrics, trace

_SECRET = re.compile(r"token|secret|password|authorization|auth_id|refresh_id|api_key", re.IGNORECASE)


class Output:
    """Standard output. A line that it does not take, say for a full disk, is counted and stops nobody's work."""

    def write(self, text: str) -> int:
        """Write."""
        try:
            return sys.stdout.write(text)
        except OSError:
            metrics.LOG_FAILURES.inc()
            return len(text)

    def flush(self) -> None:
        """Flush."""
        try:
            sys.stdout.flush()
        except OSError:
            metrics.LOG_FAILURES.inc()


def configure(service: str) -> None:
    """Send structlog and the standard library's records to stdout as JSON with `service` in each."""

    output = Output()

    def add_context(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"] = service
        if trace_id := trace.current.get():
            event.setdefault("trace_id", trace_id)
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_context,
        redact,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", output)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(cast("TextIO", output))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def redact(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace the value of every field whose name speaks of a secret."""
    return {key: "***" if _SECRET.search(key) and value else value for key, value in event.items()}


def _dumps(value: object, **_kwargs: object) -> str:
    return orjson.dumps(value, default=str).decode()
