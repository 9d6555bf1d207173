"""Logs of an installation that keeps them in Loki: asked over HTTP, as its API has it (query_range)."""

import re
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from aiohttp import ClientTimeout

from edge.errors import ApiError
from edge.log_lines import Cursor, Line, Wanted, is_wanted, nanoseconds, plain, read
from kit.clock import utc_now

log = structlog.get_logger("loki")

MOST = 5_000
"""Lines of one answer, Loki's own limit."""
_BACK = timedelta(days=7)
"""How far is looked where nobody says since when."""
_TIMEOUT = ClientTimeout(total=8)


async def page(url: str, wanted: Wanted, cursor: Cursor | None, limit: int) -> tuple[list[Line], Cursor | None]:
    """Return wanted lines, newest first, and where the next page begins. Raises ApiError 503."""
    now = utc_now()
    # Loki's `end` is exclusive, and lines of the cursor's moment may be left.
    until = nanoseconds(wanted.until or now + timedelta(seconds=1))
    end = min(until, cursor.at_ns + 1) if cursor else until
    asked = limit + (cursor.shown if cursor else 0) + 1
    answer = await _ask(
        url,
        {
            "query": query(wanted),
            "start": str(nanoseconds(wanted.since or now - _BACK)),
            "end": str(end),
            "limit": str(min(asked, MOST)),
            "direction": "backward",
        },
    )
    found = _entries(answer)
    left = [one for one in found if cursor is None or one[0] < cursor.at_ns]
    if cursor:
        left = [one for one in found if one[0] == cursor.at_ns][cursor.shown :] + left
    shown = left[:limit]
    if len(left) <= limit or not shown:
        return _lines(shown, wanted), None
    last = shown[-1][0]
    same = sum(at_ns == last for at_ns, _, _ in shown)
    return _lines(shown, wanted), Cursor(last, same + (cursor.shown if cursor and cursor.at_ns == last else 0))


def query(wanted: Wanted) -> str:
    """Return what is wanted in LogQL."""
    services = "|".join(re.escape(one) for one in wanted.services)
    parts = [f'{{app="teachbase", service=~{_quoted(services)}}}']
    parts += [f"|= {_quoted(one)}" for one in (wanted.trace_id, wanted.portal_id, wanted.event) if one]
    if wanted.level:
        parts.append("|= " + _quoted(f'"level":"{wanted.level}"'))
    if wanted.text:
        parts.append("|~ " + _quoted(f"(?i){re.escape(wanted.text)}"))
    return " ".join(parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


async def _ask(url: str, asked: dict[str, str]) -> Any:
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(f"{url.rstrip('/')}/loki/api/v1/query_range", params=asked) as answer,
        ):
            if answer.status != 200:
                log.warning("loki refused", status=answer.status, said=(await answer.text())[:200])
                raise ApiError(503, "logs_unavailable", f"Loki answers {answer.status}.")
            return await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ApiError(503, "logs_unavailable", f"Loki does not answer: {type(error).__name__}.") from None


def _entries(answer: Any) -> list[tuple[int, str, str]]:
    """Return (moment, service, line) of every stream, newest first. Raises ApiError 503."""
    try:
        found = [
            (int(at_ns), str(stream["stream"].get("service", "")), str(line))
            for stream in answer["data"]["result"]
            for at_ns, line, *_ in stream["values"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ApiError(503, "logs_unavailable", "Loki's answer is not what it should be.") from None
    return sorted(found, key=lambda one: one[0], reverse=True)


def _lines(found: list[tuple[int, str, str]], wanted: Wanted) -> list[Line]:
    lines = [read(line, service) or plain(line, service, at_ns) for at_ns, service, line in found]
    return [line for line in lines if is_wanted(line, wanted)]
