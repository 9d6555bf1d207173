"""The whole client against the simulator: remedies, repeats, the breaker and the brake as a portal sees them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest

from bitrix import breaker
from bitrix.client import Answer, Call, Credential
from bitrix.errors import BitrixError, Kind, PortalRenamed
from bitrix.limiter import BRAKE_KEY, Budget

from .conftest import KeptTokens, World

SEND = "imbot.v2.Chat.Message.send"
PLENTY = Budget(rate=1000, burst=1000)


def message(text: str = "Привет", key: str = "") -> Call:
    """A send that may be repeated: it has a key."""
    key = key or str(uuid4())
    return Call(SEND, {"botId": 812, "dialogId": "2", "fields": {"message": text, "templateId": key}}, True)


async def break_it(world: World, portal: dict[str, Any], *faults: dict[str, Any]) -> None:
    await world.sim.control("PUT", f"/portals/{portal['member_id']}/faults", list(faults))


async def test_a_call_gives_its_answer_with_paging_and_run_time(world: World) -> None:
    _, tokens = await world.portal(users_count=60)

    page = await world.rest(PLENTY).call(tokens, Call("user.get", {"start": 0}), patience_s=1)

    assert (len(page.result), page.total, page.next) == (50, 60, 50)
    assert page.operating_reset_at > 0
    assert page.finished_at > 0


async def test_a_hundred_calls_with_an_ended_token_refresh_once(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(world, portal, {"kind": "expired_token", "method": "profile", "count": 1})
    rest = world.rest(PLENTY)

    answers = await asyncio.gather(*(rest.call(tokens, Call("profile", {}), patience_s=5) for _ in range(100)))

    assert {answer.result["ID"] for answer in answers} == {"1"}
    assert tokens.refreshes == 1


async def test_the_second_error_counts_not_the_first(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(
        world,
        portal,
        {"kind": "expired_token", "method": SEND, "count": 1},
        {"kind": "payment_required", "method": SEND, "count": 1},
    )

    with pytest.raises(BitrixError) as failed:
        await world.rest(PLENTY).call(tokens, message(), patience_s=5)

    assert (failed.value.kind, failed.value.code) == (Kind.PLAN, "PAYMENT_REQUIRED")
    assert failed.value.outcome_is_known
    assert tokens.refreshes == 1


async def test_a_token_is_refreshed_once_a_call_and_no_more(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(world, portal, {"kind": "expired_token", "method": SEND})

    with pytest.raises(BitrixError) as failed:
        await world.rest(PLENTY).call(tokens, message(), patience_s=5)

    assert failed.value.kind is Kind.TOKEN
    assert tokens.refreshes == 1
    assert len(await world.requests(portal, SEND)) == 2


async def test_only_what_may_be_repeated_is_repeated(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(world, portal, {"kind": "server_error_after", "method": SEND, "count": 1})
    once = replace(message("once"), is_idempotent=False)

    with pytest.raises(BitrixError) as failed:
        await world.rest(PLENTY).call(tokens, once, patience_s=5)
    await break_it(world, portal, {"kind": "server_error_after", "method": SEND, "count": 1})
    repeated = await world.rest(PLENTY).call(tokens, message("again"), patience_s=5)

    assert failed.value.kind is Kind.SERVER
    assert not failed.value.outcome_is_known
    seen = await world.sim.seen(portal)
    assert [item["text"] for item in seen] == ["once", "again"]
    assert seen[1]["id"] == repeated.result["id"]


async def test_a_refusal_does_not_hide_an_earlier_attempt_that_may_have_been_carried_out(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(
        world,
        portal,
        {"kind": "server_error_after", "method": SEND, "count": 1},
        {"kind": "payment_required", "method": SEND},
    )

    with pytest.raises(BitrixError) as failed:
        await world.rest(PLENTY).call(tokens, message(), patience_s=5)

    assert len(await world.requests(portal, SEND)) == 2
    assert not failed.value.outcome_is_known


async def test_without_patience_a_call_is_made_once(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(world, portal, {"kind": "http_502_html", "method": SEND})

    with pytest.raises(BitrixError):
        await world.rest(PLENTY).call(tokens, message(), patience_s=0)

    assert len(await world.requests(portal, SEND)) == 1


async def test_a_throttled_portal_rests_for_all_processes(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(world, portal, {"kind": "throttle_503", "method": SEND, "count": 1})
    with pytest.raises(BitrixError):
        await world.rest(PLENTY).call(tokens, message(), patience_s=0)

    with pytest.raises(BitrixError) as rests:
        await world.rest(PLENTY).call(tokens, Call("profile", {}), patience_s=0)

    assert (rests.value.kind, rests.value.code) == (Kind.THROTTLE, "method_braked")
    assert rests.value.outcome_is_known
    assert 0 < (rests.value.retry_after_s or 0) <= 1


async def test_a_portal_that_does_not_answer_is_left_alone_until_a_probe_succeeds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "OPEN_S", 0.3)
    portal, tokens = await world.portal()
    rest = world.rest(PLENTY)
    await break_it(world, portal, {"kind": "http_502_html", "method": "profile", "count": breaker.FAILURES})

    async def ask() -> str:
        try:
            await rest.call(tokens, Call("profile", {}), patience_s=0)
        except BitrixError as error:
            return error.code
        return "ok"

    codes = [await ask() for _ in range(breaker.FAILURES + 3)]
    await asyncio.sleep(0.4)
    await break_it(world, portal, {"kind": "slow", "method": "profile", "delay_ms": 200})
    probed = await asyncio.gather(*(ask() for _ in range(5)))
    after = await ask()

    assert codes == ["not_json"] * breaker.FAILURES + ["breaker_open"] * 3
    assert sorted(probed) == ["breaker_open"] * 4 + ["ok"]
    assert after == "ok"


async def test_a_method_near_its_run_time_is_braked_and_others_are_not(world: World) -> None:
    portal, tokens = await world.portal()
    rest = world.rest(PLENTY)
    limiter = rest._limiter

    await limiter.spare(portal["member_id"], SEND, 294.0, 4e9)

    with pytest.raises(BitrixError) as braked:
        await rest.call(tokens, message(), patience_s=0)
    with pytest.raises(BitrixError) as within:
        await rest.call(tokens, Call("batch", {"cmd": {}}, carries=(SEND,)), patience_s=0)
    assert {braked.value.code, within.value.code} == {"method_braked"}
    assert (await rest.call(tokens, Call("profile", {}), patience_s=0)).result["ID"] == "1"
    assert await world.redis.pttl(BRAKE_KEY.format(member_id=portal["member_id"], method=SEND.lower())) > 0


async def test_a_method_below_the_share_is_not_braked(world: World) -> None:
    portal, tokens = await world.portal()
    rest = world.rest(PLENTY)

    await rest._limiter.spare(portal["member_id"], SEND, 293.0, 4e9)

    assert isinstance(await rest.call(tokens, message(), patience_s=0), Answer)


@asynccontextmanager
async def renamed(tokens: KeptTokens, target: str) -> AsyncIterator[Credential]:
    """The portal's old host: it answers every POST with a redirect to `target` and the path asked for."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split()[1].decode()
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}{path}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    new = tokens.credential
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    path = new.client_endpoint.partition("://")[2].partition("/")[2]
    try:
        yield replace(new, client_endpoint=f"http://{host}/{path}")
    finally:
        server.close()
        await server.wait_closed()


async def test_a_renamed_portal_is_followed_with_the_body_and_reported(world: World) -> None:
    portal, tokens = await world.portal()
    new = tokens.credential.client_endpoint
    async with renamed(tokens, world.sim.url) as old:
        world.client.policy._names.add(old.client_endpoint.split("/")[2])
        tokens.credential = old

        sent = await world.rest(PLENTY).call(tokens, message("на новом месте"), patience_s=1)

    assert [(item["id"], item["text"]) for item in await world.sim.seen(portal)] == [
        (sent.result["id"], "на новом месте")
    ]
    assert tokens.moves == [new]


async def test_a_renamed_portal_with_an_ended_token_needs_both_remedies(world: World) -> None:
    portal, tokens = await world.portal()
    await break_it(world, portal, {"kind": "expired_token", "method": SEND, "count": 1})
    async with renamed(tokens, world.sim.url) as old:
        world.client.policy._names.add(old.client_endpoint.split("/")[2])
        tokens.credential = old

        await world.rest(PLENTY).call(tokens, message(), patience_s=1)

    assert (tokens.refreshes, len(tokens.moves)) == (1, 1)


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1", "http://169.254.169.254", "http://[", "", "https://evil.example.test/other"]
)
async def test_a_portal_cannot_lead_us_where_it_likes(world: World, target: str) -> None:
    _, tokens = await world.portal()
    async with renamed(tokens, target) as old:
        world.client.policy._names.add(old.client_endpoint.split("/")[2])
        tokens.credential = old

        with pytest.raises(BitrixError) as refused:
            await world.rest(PLENTY).call(tokens, message(), patience_s=1)

    assert refused.value.code in {"endpoint_forbidden", "portal_renamed"}
    assert tokens.moves == []


async def test_a_portal_that_keeps_redirecting_is_followed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, tokens = await world.portal()
    async with renamed(tokens, world.sim.url) as old:
        world.client.policy._names.add(old.client_endpoint.split("/")[2])
        tokens.credential = old

        async def nowhere(stale: Credential, client_endpoint: str) -> Credential:
            tokens.moves.append(client_endpoint)
            return stale

        monkeypatch.setattr(tokens, "moved", nowhere)
        with pytest.raises(PortalRenamed):
            await world.rest(PLENTY).call(tokens, message(), patience_s=1)

    assert len(tokens.moves) == 1


async def test_no_secret_shows_in_errors_or_logs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    portal, tokens = await world.portal()
    first, spare = tokens.credential.access_token, tokens.refresh_token
    await break_it(world, portal, {"kind": "expired_token", "method": SEND})
    await world.oauth.app_info(first, "")

    with pytest.raises(BitrixError) as failed:
        await world.rest(PLENTY).call(tokens, message(), patience_s=0)

    told = caplog.text + str(failed.value) + repr(failed.value) + repr(tokens.credential) + repr(message())
    for secret in (first, spare, tokens.credential.access_token, tokens.refresh_token, "local-secret"):
        assert secret not in told
    assert orjson.loads(orjson.dumps(failed.value.description)) == failed.value.description
