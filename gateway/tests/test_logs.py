"""The console reads logs: files of this host, or Loki."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from edge import log_files
from kit import trace

LOGS = "/v1/admin/logs"
BEGAN = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def folder(console: Any, tmp_path: Path) -> Path:
    """Where the gateway looks for logs."""
    found = tmp_path / "logs"
    found.mkdir()
    console.gateway.app.state.log_dir = found
    return found


def line(second: float, event: str, service: str = "messaging", **fields: Any) -> str:
    at = (BEGAN + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")
    said = {"event": event, "level": "info", "timestamp": at, "service": service, **fields}
    return json.dumps(said, separators=(",", ":")) + "\n"


async def read(console: Any, stream: str = "backend", **query: Any) -> Any:
    answer = await console.http.get(f"{LOGS}/{stream}", params=query, headers=console.sign_in("viewer"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def events(console: Any, stream: str = "backend", **query: Any) -> list[str]:
    return [row["event"] for row in (await read(console, stream, **query))["items"]]


async def test_lines_of_several_processes_come_in_one_order_newest_first(console: Any, folder: Path) -> None:
    (folder / "messaging.log").write_text(line(1, "one") + line(3, "three"))
    (folder / "portal.log").write_text(line(2, "two", "portal", portal_id="p"))
    (folder / "delivery-worker.log").write_text(line(2.5, "sent", "delivery-worker"))

    rows = (await read(console))["items"]

    assert [row["event"] for row in rows] == ["three", "two", "one"]
    assert (rows[1]["service"], rows[1]["portal_id"]) == ("portal", "p")
    assert rows[1]["at"] == "2026-11-27T12:00:02.000000+00:00"
    assert await events(console, "worker") == ["sent"]


async def test_pages_show_each_line_once_also_where_many_are_of_one_moment(console: Any, folder: Path) -> None:
    moments = [0, 1, 1, 1, 1, 1, 2, 2, 3]
    (folder / "messaging.log").write_text("".join(line(at, f"m{n}") for n, at in enumerate(moments)))
    (folder / "portal.log").write_text("".join(line(at, f"p{n}", "portal") for n, at in enumerate(moments)))

    cursor: str | None = ""
    seen: list[str] = []
    while cursor is not None:
        page = await read(console, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["event"] for row in page["items"]]
        cursor = page["next_cursor"]

    assert sorted(seen) == sorted(f"{kind}{n}" for kind in "mp" for n in range(len(moments)))


async def test_what_is_asked_for_is_found(console: Any, folder: Path) -> None:
    trace_id, portal_id = trace.new_trace_id(), "019abb5e-0000-7000-8000-000000000001"
    (folder / "messaging.log").write_text(
        line(1, "early", portal_id=portal_id)
        + line(2, "mine", trace_id=trace_id, about=portal_id)
        + line(3, "Broken pipe", level="error")
        + line(4, "late")
    )

    assert await events(console, trace_id=trace_id) == ["mine"]
    assert await events(console, portal_id=portal_id) == ["early"]
    assert await events(console, level="error") == ["Broken pipe"]
    assert await events(console, q="bROKEN") == ["Broken pipe"]
    assert await events(console, since="2026-11-27T12:00:03Z") == ["late", "Broken pipe"]
    assert await events(console, until="2026-11-27T12:00:02Z") == ["early"]


async def test_secrets_are_masked_wherever_they_stand(console: Any, folder: Path) -> None:
    (folder / "messaging.log").write_text(
        line(1, "asked", api_key="s3cret", detail={"access_token": "s3cret", "why": "auth_id=s3cret&x=1"})
        + "Traceback: password='s3cret'\n"
    )

    rows = (await read(console))["items"]

    assert "s3cret" not in json.dumps(rows)
    assert rows[0]["event"] == "Traceback: password='***'"
    assert rows[1]["fields"] == {
        "api_key": "***",
        "detail": {"access_token": "***", "why": "auth_id=***&x=1"},
    }


async def test_a_log_of_50_mb_is_read_from_its_end_and_the_loop_goes_on(console: Any, folder: Path) -> None:
    filler, count = "x" * 200, 160_000
    with (folder / "messaging.log").open("w") as log:
        log.write(line(0, "needle"))
        for number in range(count):
            log.write(line(1 + number / 1000, "filler", words=filler))
    size = (folder / "messaging.log").stat().st_size
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.005)
            turns += 1

    await read(console, tail=1)  # the first request of an app takes its time
    began = time.monotonic()
    newest = await read(console, tail=100)
    took_newest = time.monotonic() - began
    watching = asyncio.create_task(watch())
    began = time.monotonic()
    found = await events(console, q="needle")
    took_all = time.monotonic() - began
    watching.cancel()

    assert 45_000_000 < size < log_files.MOST_BYTES
    assert len(newest["items"]) == 100
    assert took_newest < took_all / 5
    assert found == ["needle"]
    assert turns >= 5


async def test_what_is_too_much_for_a_page_is_looked_for_further_on(
    console: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "MOST_BYTES", 100_000)
    lines = [line(n, "needle" if n == 5 else "filler") for n in range(20_000)]
    (folder / "messaging.log").write_text("".join(lines))

    cursor: str | None = ""
    pages, found = 0, list[str]()
    while cursor is not None:
        page = await read(console, q="needle", **({"cursor": cursor} if cursor else {}))
        found += [row["event"] for row in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert found == ["needle"]
    assert 5 < pages < 60


async def test_the_access_log_is_the_proxys_or_where_none_runs_the_gateways(console: Any, folder: Path) -> None:
    (folder / "gateway.log").write_text(
        line(1, "request", "gateway", path="/health") + line(2, "events spooled", "gateway")
    )
    own = await events(console, "nginx")
    access = {"at": "2026-11-27T11:59:00.000Z", "logged_at": "2026-11-27T12:00:03.000Z", "method": "GET"}
    (folder / "access.log").write_text(json.dumps({**access, "path": "/ready", "status": 200}) + "\n")
    proxys = (await read(console, "nginx"))["items"]

    assert own == ["request"]
    assert [(row["event"], row["at"]) for row in proxys] == [
        ("GET /ready 200", "2026-11-27T12:00:03.000000+00:00")
    ]


async def test_who_is_not_signed_in_reads_nothing_and_where_nothing_is_kept_it_says_so(
    console: Any,
    folder: Path,  # noqa: ARG001 - an empty one
) -> None:
    viewer = console.sign_in("viewer")

    assert (await console.http.get(f"{LOGS}/backend")).status_code == 401
    for path, status, error in (
        ("backend", 503, "logs_unavailable"),
        ("backend?cursor=x", 400, "invalid_argument"),
        ("backend?service=envoy", 422, "validation_failed"),
        ("database", 422, "validation_failed"),
    ):
        answer = await console.http.get(f"{LOGS}/{path}", headers=viewer)
        assert (answer.status_code, answer.json()["error"]) == (status, error), path


class Loki:
    """Answers query_range from a list of (ns, service, line), as Loki does: the newest first, `end` exclusive."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str]] = []
        self.asked: list[dict[str, str]] = []
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        if self.status != 200:
            return web.Response(status=self.status, text="too many outstanding requests")
        start, end = int(asked["start"]), int(asked["end"])
        found = sorted((one for one in self.lines if start <= one[0] < end), reverse=True)[: int(asked["limit"])]
        services = {service for _, service, _ in found}
        result = [
            {"stream": {"service": name}, "values": [[str(at), said] for at, one, said in found if one == name]}
            for name in services
        ]
        return web.json_response({"status": "success", "data": {"resultType": "streams", "result": result}})


@pytest.fixture
async def loki(console: Any) -> Any:
    loki, app = Loki(), web.Application()
    app.router.add_get("/loki/api/v1/query_range", loki.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    console.gateway.app.state.loki_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield loki
    await runner.cleanup()


async def test_loki_is_asked_in_its_own_words_and_paged_to_the_end(console: Any, loki: Any) -> None:
    now = datetime.now(UTC)
    began = int(now.timestamp()) * 10**9 - 10**10
    for number, second in enumerate((1, 2, 2, 2, 3)):
        said = line(second, f"e{number}", trace_id="ab" * 16)
        loki.lines.append((began + second * 10**9, "messaging", said.strip()))

    cursor: str | None = ""
    seen: list[str] = []
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = await read(console, limit=2, trace_id="ab" * 16, level="info", q='E"', **more)
        seen += [row["event"] for row in page["items"]]
        cursor = page["next_cursor"]

    assert sorted(seen) == ["e0", "e1", "e2", "e3", "e4"]
    assert loki.asked[0]["query"] == (
        '{app="teachbase", service=~"gateway|portal|messaging|delivery|billing"} '
        f'|= "{"ab" * 16}" |= "\\"level\\":\\"info\\"" |~ "(?i)E\\""'
    )
    assert loki.asked[0]["direction"] == "backward"


async def test_a_loki_that_is_away_or_refuses_is_named(console: Any, loki: Any) -> None:
    loki.status = 429
    refused = await console.http.get(f"{LOGS}/backend", headers=console.sign_in("viewer"))
    console.gateway.app.state.loki_url = "http://127.0.0.1:1"
    away = await console.http.get(f"{LOGS}/backend", headers=console.sign_in("viewer"))

    for answer in (refused, away):
        assert (answer.status_code, answer.json()["error"]) == (503, "logs_unavailable")
