"""The console sees what waits in the gateway and why, and gives what was set aside another chance."""

import asyncio
from typing import Any

import pytest

SPOOL = "/v1/admin/spool"


async def until(met: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110 - what is waited for happens in another process or thread
            await asyncio.sleep(0.01)


async def set_aside(console: Any, *bodies: str) -> dict[str, Any]:
    """Have messaging refuse events for good; returns the list of what was set aside."""
    gateway = console.gateway
    gateway.messaging.refused.update(bodies)
    for body in bodies:
        await gateway.post(body)
    await until(lambda: not gateway.spool.depth)
    listed: dict[str, Any] = (
        await console.http.get(f"{SPOOL}/set-aside", headers=console.sign_in("viewer"))
    ).json()
    return listed


async def test_an_empty_spool_says_so(console: Any) -> None:
    state = (await console.http.get(SPOOL, headers=console.sign_in("viewer"))).json()

    assert state.pop("disk_free_mb") > 0
    assert state == {
        "state": "empty",
        "depth": 0,
        "waiting_s": 0,
        "bytes": 0,
        "reason": None,
        "cause": None,
        "next_step": None,
        "set_aside": 0,
        "broken": [],
        "not_durable": 0,
        "last_not_durable_at": None,
        "last_not_durable_cause": None,
    }


async def test_while_events_wait_the_cause_and_the_next_step_are_told(console: Any) -> None:
    headers, gateway = console.sign_in("viewer"), console.gateway
    gateway.messaging.away = True
    await gateway.post("event=A")
    await until(lambda: gateway.app.state.drain.cause)

    waiting = (await console.http.get(SPOOL, headers=headers)).json()
    gateway.messaging.away = False
    await until(lambda: not gateway.spool.depth)
    drained = (await console.http.get(SPOOL, headers=headers)).json()

    assert (waiting["state"], waiting["depth"], waiting["reason"]) == ("waiting", 1, "messaging_away")
    assert waiting["bytes"] > len("event=A")
    assert waiting["cause"] == "Messaging does not answer."
    assert "messaging" in waiting["next_step"]
    assert (drained["state"], drained["cause"], drained["bytes"]) == ("empty", None, 0)


async def test_what_was_set_aside_is_listed_with_why_and_requeued_by_hand(console: Any) -> None:
    listed = await set_aside(console, "event=bad")
    [row] = listed["items"]
    console.gateway.messaging.refused.clear()

    answer = await console.http.post(f"{SPOOL}/set-aside/{row['id']}/requeue", headers=console.sign_in("operator"))
    again = await console.http.post(f"{SPOOL}/set-aside/{row['id']}/requeue", headers=console.sign_in("operator"))

    assert (row["reason"], row["cause"]) == ("invalid_argument", "one of them breaks a rule")
    assert (row["size"], row["body_truncated"]) == (len("event=bad"), False)
    assert row["received_at"] <= row["created_at"]
    ids = {"id": row["id"], "trace_id": row["trace_id"]}
    assert answer.status_code == 200
    assert answer.json() == {**ids, "outcome": "accepted", "reason": None, "message_id": None}
    assert console.gateway.messaging.bodies == ["event=bad"]
    [change] = console.sessions.recorded
    assert (change.action, dict(change.after)) == ("spool.requeue", ids)
    assert (again.status_code, again.json()["error"]) == (404, "set_aside_event_not_found")
    assert (await console.http.get(SPOOL, headers=console.sign_in("viewer"))).json()["set_aside"] == 0


async def test_what_is_refused_again_stays(console: Any) -> None:
    [row] = (await set_aside(console, "event=bad"))["items"]
    headers = console.sign_in("operator")

    answer = await console.http.post(f"{SPOOL}/set-aside/{row['id']}/requeue", headers=headers)
    console.gateway.messaging.away = True
    while_away = await console.http.post(f"{SPOOL}/set-aside/{row['id']}/requeue", headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (409, "refused_again")
    assert answer.json()["detail"]["reason"] == "invalid_argument"
    assert while_away.status_code == 503
    assert (await console.http.get(f"{SPOOL}/set-aside", headers=headers)).json()["items"] == [row]


async def test_a_requeue_that_cannot_be_written_down_is_not_made(console: Any) -> None:
    [row] = (await set_aside(console, "event=bad"))["items"]
    headers = console.sign_in("operator")
    console.gateway.messaging.refused.clear()
    await console.http.get(SPOOL, headers=headers)  # who asks is known for a moment
    console.sessions.away = True

    answer = await console.http.post(f"{SPOOL}/set-aside/{row['id']}/requeue", headers=headers)

    assert answer.status_code == 503
    assert console.gateway.messaging.bodies == []


async def test_a_long_list_comes_in_pages_newest_first(console: Any) -> None:
    listed = await set_aside(console, *(f"event={number}" for number in range(5)))
    headers, url = console.sign_in("viewer"), f"{SPOOL}/set-aside"

    first = (await console.http.get(url, params={"limit": 3}, headers=headers)).json()
    rest = (
        await console.http.get(url, params={"limit": 3, "cursor": first["next_cursor"]}, headers=headers)
    ).json()
    one = await console.http.get(url, params={"trace_id": listed["items"][3]["trace_id"]}, headers=headers)
    later = await console.http.get(url, params={"since": listed["items"][1]["created_at"]}, headers=headers)
    before = await console.http.get(url, params={"until": listed["items"][1]["created_at"]}, headers=headers)
    foreign = await console.http.get(url, params={"cursor": "!!"}, headers=headers)

    assert [row["id"] for row in listed["items"]] == sorted((row["id"] for row in listed["items"]), reverse=True)
    assert first["items"] + rest["items"] == listed["items"]
    assert (len(first["items"]), rest["next_cursor"]) == (3, None)
    assert one.json()["items"] == [listed["items"][3]]
    assert later.json()["items"] == listed["items"][:2]
    assert before.json()["items"] == listed["items"][2:]
    assert (foreign.status_code, foreign.json()["error"]) == (400, "invalid_argument")


async def test_files_of_earlier_releases_and_spoilt_ones_are_listed_too(console: Any) -> None:
    [row] = (await set_aside(console, "event=bad"))["items"]
    folder = console.gateway.spool_dir
    data = (folder / f"{row['id']}.rejected").read_bytes()
    (folder / f"{1:020d}.rejected").write_bytes(data.partition(b"\n")[2])
    (folder / f"{2:020d}.rejected").write_bytes(b"\xff\xff")
    (folder / f"{3:020d}.broken").write_bytes(b"half")
    (folder / "note.rejected").write_text("not ours")
    headers = console.sign_in("viewer")

    listed = (await console.http.get(f"{SPOOL}/set-aside", headers=headers)).json()["items"]
    state = (await console.http.get(SPOOL, headers=headers)).json()

    assert [(one["reason"], one["trace_id"]) for one in listed] == [
        ("invalid_argument", row["trace_id"]),
        ("unreadable", ""),
        (None, row["trace_id"]),
    ]
    assert state["set_aside"] == 3
    assert state["broken"] == [
        {"id": f"{3:020d}", "created_at": "1970-01-01T00:00:00.000000+00:00", "size": 4},
    ]


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("viewer", "GET", "", 200),
        ("viewer", "GET", "/set-aside", 200),
        ("viewer", "POST", f"/set-aside/{1:020d}/requeue", 403),
        ("operator", "POST", f"/set-aside/{1:020d}/requeue", 404),
        ("operator", "POST", "/set-aside/../requeue", 404),
        ("operator", "POST", "/set-aside/x/requeue", 422),
        (None, "GET", "", 401),
        (None, "GET", "/set-aside", 401),
        (None, "POST", f"/set-aside/{1:020d}/requeue", 401),
    ],
)
async def test_viewers_read_and_operators_change(
    console: Any, role: str | None, method: str, path: str, status: int
) -> None:
    headers = console.sign_in(role) if role else {}

    answer = await console.http.request(method, SPOOL + path, headers=headers)

    assert answer.status_code == status
    assert status == 200 or set(answer.json()) == {"error", "trace_id", "message", "detail"}
