"""The logs of all processes: files under `make run`, Loki in an installation."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from starlette.datastructures import State

from edge import csv_file, log_files, log_lines, loki
from edge.auth import admin_session
from edge.errors import ApiError
from edge.exports import Export
from edge.filters import Id, TraceId, text
from edge.log_lines import Line, Stream, Wanted
from edge.rows import iso
from edge.schemas.admin import Page
from edge.schemas.logs import Level, LogLine
from edge.schemas.text import Moment, Text

router = APIRouter(prefix="/v1/admin/logs", tags=["admin logs"], dependencies=[Depends(admin_session)])


_COLUMNS = ("at", "service", "level", "event", "trace_id", "portal_id", "fields")


def _wanted(
    stream: Stream,
    trace_id: TraceId = "",
    portal_id: Id = None,
    level: Level | None = None,
    service: Annotated[Text, Query(max_length=40)] = "",
    q: Annotated[Text, Query(max_length=200, description="A part of the line, in whatever case")] = "",
    since: Moment | None = None,
    until: Moment | None = None,
) -> Wanted:
    services = log_lines.SERVICES[stream]
    if service and service not in services:
        raise ApiError(422, "validation_failed", f"service is one of: {', '.join(services)}.")
    return Wanted(
        services=(service,) if service else services,
        trace_id=trace_id,
        portal_id=text(portal_id),
        level=level or "",
        text=q,
        since=since,
        until=until,
    )


Filters = Annotated[Wanted, Depends(_wanted)]


@router.get(
    "/{stream}.csv",
    summary="What processes wrote, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def logs_csv(request: Request, stream: Stream, wanted: Filters, export: Export) -> StreamingResponse:
    """Stream every line of the filter."""
    service = wanted.services[0] if len(wanted.services) == 1 else ""
    given = {
        "service": service,
        "level": wanted.level,
        "trace_id": wanted.trace_id,
        "portal_id": wanted.portal_id,
        "q": wanted.text,
    }
    chosen = {name: value for name, value in given.items() if value}
    await export.record("logs", {"stream": stream, **chosen})
    return await csv_file.of_list("logs", _COLUMNS, csv_file.Asked(), partial(_after, request.app.state, wanted))


@router.get("/{stream}", summary="What processes wrote, newest first")
async def logs(
    request: Request,
    wanted: Filters,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    tail: Annotated[int | None, Query(ge=1, le=1000, description="How many; instead of `limit`")] = None,
    cursor: Annotated[Text, Query(max_length=64)] = "",
) -> Page[LogLine]:
    """List lines; 503 `logs_unavailable`. `nginx`: the access log of the proxy, or of the gateway without one."""
    return await _after(request.app.state, wanted, csv_file.Asked(tail or limit, cursor))


async def _after(state: State, wanted: Wanted, asked: csv_file.Asked) -> Page[LogLine]:
    begin = log_lines.cursor(asked.page_token)
    if state.loki_url:
        lines, following = await loki.page(state.loki_url, wanted, begin, asked.page_size)
    else:
        lines, following = await log_files.page(state.log_dir, wanted, begin, asked.page_size)
    return Page(items=list(map(_row, lines)), next_cursor=str(following) if following else None)


def _row(line: Line) -> LogLine:
    return LogLine(
        at=iso(log_lines.moment(line.at_ns)),
        service=line.service,
        level=line.level,
        event=line.event,
        trace_id=line.trace_id,
        portal_id=line.portal_id,
        fields=line.fields,
    )
