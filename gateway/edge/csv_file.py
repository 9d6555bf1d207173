"""Lists as files: every row of a filter, streamed page by page, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import orjson
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from edge.schemas.admin import Page

PAGE = 200
_BOM = "\ufeff"
"""Without it spreadsheets take UTF-8 for the code page of the country."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_MEDIA_TYPE = "text/csv; charset=utf-8"
DESCRIBED: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
"""How a route says in /openapi.json that it answers a file."""


class Listed(Protocol):
    """What a List RPC is asked."""

    page_size: int
    page_token: str


@dataclass
class Asked:
    """A page of a list that no List RPC is asked for."""

    page_size: int = PAGE
    page_token: str = ""


AskedT = TypeVar("AskedT", bound=Listed)
RowT = TypeVar("RowT", bound=BaseModel)


def lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as lines. A text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    written = io.StringIO()
    csv.writer(written).writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue().encode()


def answer(name: str, parts: AsyncIterator[bytes]) -> StreamingResponse:
    """Return a file that a browser saves under a name."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(parts, media_type=_MEDIA_TYPE, headers=headers)


async def of_list(
    name: str, columns: Sequence[str], asked: AskedT, page: Callable[[AskedT], Awaitable[Page[RowT]]]
) -> StreamingResponse:
    """Return a list as a file, one page of it in memory; `columns` like `bot.status`. Raises PeerError at first.

    What breaks later breaks the answer off, so that nobody takes a part for the whole.
    """
    asked.page_size, asked.page_token = PAGE, ""
    first = await page(asked)
    return answer(name, _pages(columns, asked, page, first))


async def _pages(
    columns: Sequence[str], asked: AskedT, page: Callable[[AskedT], Awaitable[Page[RowT]]], found: Page[RowT]
) -> AsyncIterator[bytes]:
    yield _BOM.encode() + lines([columns])
    while True:
        yield lines([_at(row, column) for column in columns] for row in found.items)
        if found.next_cursor is None:
            return
        asked.page_token = found.next_cursor
        found = await page(asked)


def _at(row: BaseModel, column: str) -> Any:
    value: Any = row
    for part in column.split("."):
        value = getattr(value, part)
    return value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=_plain).decode()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"no cell holds {type(value).__name__}")
