"""Lists as files: every page of a filter, and no cell that a spreadsheet would run."""

import csv
import io

import pytest
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from edge import csv_file
from edge.schemas.admin import Page
from teachbase.messaging.v1 import messaging_pb2 as pb


class Place(BaseModel):
    city: str | None


class Row(BaseModel):
    id: str
    is_new: bool
    place: Place
    said: dict[str, str]


def row(number: int) -> Row:
    return Row(id=str(number), is_new=number % 2 == 0, place=Place(city=None), said={"а": "б"})


async def text_of(answer: StreamingResponse) -> str:
    return b"".join([bytes(part) async for part in answer.body_iterator]).decode()  # type: ignore[arg-type] # bytes


@pytest.mark.parametrize("begin", ["=1+1", "+7 900", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted_and_a_number_is_not(begin: str) -> None:
    written = csv_file.lines([[begin, "a=b", -5]]).decode()

    [line] = csv.reader(io.StringIO(written, newline=""))
    assert line == [f"'{begin}", "a=b", "-5"]


async def test_every_page_is_written_also_after_an_empty_one() -> None:
    asked: list[str] = []
    pages = {
        "": Page(items=[row(1), row(2)], next_cursor="a"),
        "a": Page[Row](items=[], next_cursor="b"),
        "b": Page(items=[row(3)], next_cursor=None),
    }

    async def page(request: pb.ListDialogsRequest) -> Page[Row]:
        asked.append(request.page_token)
        return pages[request.page_token]

    columns = ("id", "is_new", "place.city", "said")
    answer = await csv_file.of_list("rows", columns, pb.ListDialogsRequest(page_token="x", page_size=3), page)
    written = await text_of(answer)

    assert answer.headers["content-disposition"] == 'attachment; filename="rows.csv"'
    assert written.startswith("\ufeffid,is_new,place.city,said\r\n")
    assert list(csv.reader(io.StringIO(written[1:])))[1:] == [
        ["1", "false", "", '{"а":"б"}'],
        ["2", "true", "", '{"а":"б"}'],
        ["3", "false", "", '{"а":"б"}'],
    ]
    assert asked == ["", "a", "b"]


async def test_what_breaks_on_the_way_breaks_the_answer_off() -> None:
    async def page(request: pb.ListDialogsRequest) -> Page[Row]:
        if request.page_token:
            raise ConnectionError
        return Page(items=[row(1)], next_cursor="a")

    answer = await csv_file.of_list("rows", ("id",), pb.ListDialogsRequest(), page)

    with pytest.raises(ConnectionError):
        await text_of(answer)
