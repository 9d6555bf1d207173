"""Each kind of fault as the caller feels it, and what the portal did meanwhile."""

from typing import Any

import httpx
import pytest

from b24sim.testing import Sim

SEND = "imbot.v2.Chat.Message.send"


@pytest.fixture
async def portal(sim: Sim) -> dict[str, Any]:
    made = await sim.portal(limits="off", installed=True)
    await sim.bot(made, "http://127.0.0.1:1/events")
    return made


async def break_it(sim: Sim, portal: dict[str, Any], kind: str, **more: Any) -> None:
    fault = {"method": SEND, "kind": kind, "count": 1, **more}
    await sim.control("PUT", f"/portals/{portal['member_id']}/faults", [fault])


async def send(sim: Sim, portal: dict[str, Any]) -> httpx.Response:
    return await sim.call(portal, SEND, botId=812, dialogId="2", fields={"message": "Привет"})


@pytest.mark.parametrize(
    ("kind", "status", "error", "shown"),
    [
        ("payment_required", 402, "PAYMENT_REQUIRED", 0),
        ("operation_time_limit", 429, "OPERATION_TIME_LIMIT", 0),
        ("throttle_503", 503, "QUERY_LIMIT_EXCEEDED", 0),
        ("server_error_after", 500, "INTERNAL_SERVER_ERROR", 1),
        ("sending_failed", 400, "SENDING_FAILED", 0),
        ("keyboard_refused", 400, "KEYBOARD_ERROR", 0),
        ("dialog_closed", 403, "ACCESS_DENIED", 0),
    ],
)
async def test_a_refusal_comes_once_and_the_next_call_passes(
    sim: Sim, portal: dict[str, Any], kind: str, status: int, error: str, shown: int
) -> None:
    await break_it(sim, portal, kind)

    broken = await send(sim, portal)
    seen = await sim.seen(portal)
    healed = await send(sim, portal)

    assert (broken.status_code, broken.json()["error"]) == (status, error)
    assert len(seen) == shown
    assert healed.status_code == 200
    assert (await sim.control("GET", "/stats"))["violations"] == 0


@pytest.mark.parametrize(("kind", "shown"), [("close_after_accept", 1), ("close_before", 0)])
async def test_a_dropped_connection_leaves_the_outcome_unknown(
    sim: Sim, portal: dict[str, Any], kind: str, shown: int
) -> None:
    await break_it(sim, portal, kind)

    with pytest.raises(httpx.RemoteProtocolError):
        await send(sim, portal)

    assert len(await sim.seen(portal)) == shown
    assert (await send(sim, portal)).status_code == 200


async def test_a_batch_that_ends_halfway_is_half_done(sim: Sim, portal: dict[str, Any]) -> None:
    await break_it(sim, portal, "close_halfway", method="batch")
    fields = "botId=812&dialogId=2&fields[message]"

    with pytest.raises(httpx.RemoteProtocolError):
        await sim.call(portal, "batch", cmd={f"c{number}": f"{SEND}?{fields}={number}" for number in range(4)})

    assert [one["text"] for one in await sim.seen(portal)] == ["0", "1"]


async def test_a_hang_answers_nothing_and_does_nothing(sim: Sim, portal: dict[str, Any]) -> None:
    await break_it(sim, portal, "hang")

    with pytest.raises(httpx.ReadTimeout):
        await sim.http.post(
            portal["client_endpoint"] + SEND, json={"auth": portal["admin"]["access_token"]}, timeout=0.2
        )

    assert await sim.seen(portal) == []
    assert (await send(sim, portal)).status_code == 200


async def test_a_renamed_portal_redirects_from_its_old_names_and_keeps_its_tokens(
    sim: Sim, portal: dict[str, Any]
) -> None:
    for domain in ("vasilyok.bitrix24.ru", "astra.bitrix24.ru"):
        renamed = await sim.control("POST", f"/portals/{portal['member_id']}/rename", {"domain": domain})

    moved = await send(sim, portal)
    again = await sim.http.post(moved.headers["location"], json={"auth": portal["admin"]["access_token"]})
    taken = await sim.http.post(
        f"/control/portals/{(await sim.portal())['member_id']}/rename", json={"domain": "vasilyok.bitrix24.ru"}
    )

    assert (moved.status_code, moved.headers["content-type"][:9]) == (302, "text/html")
    assert moved.headers["location"] == f"{renamed['client_endpoint']}{SEND}"
    assert again.json()["error"] == "BOT_ID_REQUIRED"  # the token is good there
    assert taken.status_code == 409
    assert await sim.seen(portal) == []


async def test_a_gateway_error_is_html(sim: Sim, portal: dict[str, Any]) -> None:
    await break_it(sim, portal, "http_502_html")

    answer = await send(sim, portal)

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=UTF-8")
    assert answer.text.startswith("<html>")


async def test_an_expired_token_helps_only_to_refresh(sim: Sim, portal: dict[str, Any]) -> None:
    await break_it(sim, portal, "expired_token")

    first, second = await send(sim, portal), await send(sim, portal)
    opened = await sim.control("POST", f"/portals/{portal['member_id']}/open", {"user_id": 1})
    third = await sim.call(portal, "profile", auth=opened["form"]["AUTH_ID"])

    assert [first.status_code, second.status_code, third.status_code] == [401, 401, 200]
    assert first.json()["error"] == second.json()["error"] == "expired_token"


async def test_a_slow_call_takes_its_time_and_counts_as_operating(sim: Sim, portal: dict[str, Any]) -> None:
    await break_it(sim, portal, "slow", delay_ms=150)

    answer = await send(sim, portal)

    assert answer.status_code == 200
    assert answer.json()["time"]["duration"] >= 0.15
    assert answer.json()["time"]["operating"] >= 0.15


async def test_a_fault_hits_by_rate_and_by_method(sim: Sim, portal: dict[str, Any]) -> None:
    await break_it(sim, portal, "throttle_503", count=None, rate=0.5)

    sends = [(await send(sim, portal)).status_code for _ in range(60)]
    profiles = {(await sim.call(portal, "profile")).status_code for _ in range(10)}

    assert 15 < sends.count(503) < 45
    assert profiles == {200}


async def test_an_unknown_kind_of_fault_is_refused_with_its_name(sim: Sim, portal: dict[str, Any]) -> None:
    answer = await sim.http.put(f"/control/portals/{portal['member_id']}/faults", json=[{"kind": "earthquake"}])

    assert answer.status_code == 422
    assert "earthquake" in answer.json()["error"]["message"]


async def test_requests_are_kept_with_their_fate(sim: Sim, portal: dict[str, Any]) -> None:
    await break_it(sim, portal, "throttle_503")
    await send(sim, portal)

    log = (await sim.http.get(f"/control/portals/{portal['member_id']}/requests")).json()

    assert log["by_method"] == {"imbot.v2.bot.register": 1, SEND.lower(): 1}
    assert (log["items"][-1]["status"], log["items"][-1]["fault"]) == (503, "throttle_503")
