"""Portals that are not served, have no token or cannot be asked for one: nothing is lost, and why is told."""

import asyncio
from typing import Any
from uuid import uuid4

import grpc
import pytest

from kit.errors import DomainError
from teachbase.portal.v1 import portal_pb2

RETRY, SENT = 4, 5


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (portal_pb2.PORTAL_STATE_SUSPENDED, "suspended"),
        (portal_pb2.PORTAL_STATE_UNINSTALLED, "uninstalled"),
        (portal_pb2.PORTAL_STATE_DEAD, "dead"),
    ],
)
async def test_to_a_portal_that_is_not_served_nothing_is_sent_until_it_is_again(
    service: Any, message_of: Any, state: Any, word: str
) -> None:
    portal = await service.portal()
    await service.tell(portal, state)
    await service.enqueue(message_of(portal, "позже"))
    turns = await service.work()
    blocked = (await service.lane(portal)).blocked
    before = await service.seen(portal)

    await service.tell(portal, portal_pb2.PORTAL_STATE_ACTIVE)
    await service.work()

    assert (turns, blocked, before) == (0, word, [])
    assert await service.seen(portal) == ["позже"]


@pytest.mark.parametrize("dialogs", [1, 4])
async def test_after_an_uninstall_in_the_middle_of_a_queue_nothing_more_is_sent(
    service: Any, message_of: Any, dialogs: int
) -> None:
    portal = await service.portal()
    await service.break_it(portal, "slow", count=None, method="*", delay_ms=100)
    messages = [message_of(portal, f"{number}", str(2 + number % dialogs)) for number in range(300)]
    await service.enqueue(*messages)
    working = asyncio.create_task(service.work())
    while not await service.sim.seen(portal.sim):  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.02)

    await service.tell(portal, portal_pb2.PORTAL_STATE_UNINSTALLED)
    await working
    shown = len(await service.sim.seen(portal.sim))
    service.clock.advance(4000)
    turns = await service.work()

    assert 0 < shown <= 100  # the turn that was under way, and one that may have begun meanwhile
    assert turns == 0
    assert len(await service.sim.seen(portal.sim)) == shown
    waiting = [one for one in [await service.item(one) for one in messages] if one.state != SENT]
    assert len(waiting) == 300 - shown
    assert {one.cause for one in waiting} == {"uninstalled"}


async def test_a_portal_renamed_in_the_middle_of_a_queue_gets_everything_in_order(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    await service.break_it(portal, "slow", count=None, method="*", delay_ms=100)
    messages = [message_of(portal, f"{number}", str(2 + number % 4)) for number in range(300)]
    await service.enqueue(*messages)
    working = asyncio.create_task(service.work())
    while not await service.sim.seen(portal.sim):  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.02)

    new_name = {"domain": f"{uuid4().hex}.bitrix24.ru"}
    await service.sim.control("POST", f"/portals/{portal.sim['member_id']}/rename", new_name)
    await working

    for user in ("2", "3", "4", "5"):
        assert await service.seen(portal, user) == [one.body for one in messages if one.provider_dialog_id == user]
    assert {(await service.item(one)).state for one in messages} == {SENT}


async def test_what_waits_for_its_lane_shows_what_holds_the_lane_up(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "позже")
    bot_id, portal.bot_id = portal.bot_id, 0
    await service.enqueue(message)
    await service.work()
    without_bot = await service.item(message)
    await service.tell(portal, portal_pb2.PORTAL_STATE_SUSPENDED)
    suspended = await service.item(message)

    portal.bot_id = bot_id
    await service.tell(portal, portal_pb2.PORTAL_STATE_ACTIVE)
    await service.work()

    assert (without_bot.cause, without_bot.attempts) == ("bot_missing", 0)
    assert "setup" in without_bot.next_step
    assert suspended.cause == "suspended"
    assert await service.seen(portal) == ["позже"]
    assert (await service.item(message)).cause == ""


async def test_a_portal_without_a_credential_keeps_its_message_and_says_why(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "позже")
    await service.break_it(portal, "expired_token")
    service.context.refresh_refusal = (grpc.StatusCode.FAILED_PRECONDITION, "no live token")
    await service.enqueue(message)

    await service.work()

    kept = await service.item(message)
    assert (kept.state, kept.attempts) == (RETRY, 0)
    assert "no live token" in kept.cause
    assert "administrator" in kept.next_step


async def test_a_refresh_that_fails_for_a_moment_troubles_no_administrator(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "скоро")
    await service.break_it(portal, "expired_token")
    service.context.refresh_refusal = (grpc.StatusCode.UNAVAILABLE, "the OAuth server does not answer")
    await service.enqueue(message)
    await service.work()
    waiting = await service.item(message)

    service.context.refresh_refusal = None
    service.clock.advance(61)
    await service.work()

    assert "administrator" not in waiting.next_step
    assert await service.seen(portal) == ["скоро"]


async def test_while_the_portal_context_is_away_the_lane_waits_and_nothing_is_lost(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    message = message_of(portal, "позже")
    await service.enqueue(message)
    service.context.away = True
    turns = await service.work()
    cause = (await service.lane(portal)).cause

    service.context.away = False
    service.clock.advance(6)
    await service.work()

    assert (turns, cause) == (1, "away")
    assert (await service.item(message)).attempts == 1
    assert await service.seen(portal) == ["позже"]


class TokenRefused(DomainError):
    status, reason, message = grpc.StatusCode.FAILED_PRECONDITION, "TOKEN_REFUSED", "refused: {code}"


class NoCredential(DomainError):
    status, reason, message = grpc.StatusCode.FAILED_PRECONDITION, "NO_CREDENTIAL", "no live token"


@pytest.mark.parametrize(
    ("refusal", "rests_s", "step"),
    [
        (TokenRefused(kind="plan", code="PAYMENT_REQUIRED"), 3600, "subscription"),
        (TokenRefused(kind="uninstalled", code="NOT_INSTALLED"), 900, "installed again"),
        (TokenRefused(kind="config", code="WRONG_CLIENT"), 900, "diagnostics"),
        (NoCredential(), 300, "administrator"),
    ],
)
async def test_a_portal_that_gets_no_token_rests_and_runs_at_once_when_it_has_one(
    service: Any, message_of: Any, refusal: DomainError, rests_s: int, step: str
) -> None:
    portal = await service.portal()
    message = message_of(portal, "позже")
    service.context.token_refusal = refusal
    await service.enqueue(message)
    await service.work()
    waiting = await service.item(message)
    service.clock.advance(rests_s - 1)
    turns_while_resting = await service.work()

    service.context.token_refusal = None
    await service.tell(portal, portal_pb2.PORTAL_STATE_ACTIVE)
    await service.work()

    assert (waiting.attempts, turns_while_resting) == (0, 0)
    assert refusal.detail.get("code", "NO_CREDENTIAL") in waiting.cause
    assert step in waiting.next_step
    assert await service.seen(portal) == ["позже"]
