"""Refresh tokens: each works once, and one that is used again ends its session, whoever used it."""

import asyncio
from typing import Any
from uuid import uuid4

import grpc
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.keyring import KeyRing
from portal.sessions import AdminSessions
from teachbase.portal.v1 import admin_pb2 as pb

LIFE_S, REPEAT_S = 14 * 86_400, 900


async def test_a_refresh_token_works_once_and_used_again_it_ends_the_session(staff: Any, email: str) -> None:
    first, other = (await staff.login(email)).tokens, (await staff.login(email)).tokens
    second = await staff.renew(first.refresh_token)

    reused = await staff.refusal(staff.renew(first.refresh_token, remote_ip="192.0.2.66"))
    robbed = await staff.refusal(staff.renew(second.refresh_token))
    holder = await staff.refusal(staff.holder(second))

    assert (reused.status, reused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SESSION_EXPIRED")
    assert (robbed.reason, holder.reason) == ("SESSION_EXPIRED", "SESSION_EXPIRED")
    admin = await staff.holder(await staff.renew(other.refresh_token))
    [entry] = await staff.audit(admin_id=admin.id, action="session.reuse")
    assert (entry.email, entry.remote_ip) == (email, "192.0.2.66")
    assert entry.before["session_id"] == staff.session_of(first)


async def test_a_token_spent_long_ago_ends_the_session_too(staff: Any, email: str) -> None:
    tokens = [(await staff.login(email)).tokens]
    for _ in range(5):
        staff.clock.advance(10 * 86_400)
        tokens.append(await staff.renew(tokens[-1].refresh_token))

    await staff.refusal(staff.renew(tokens[0].refresh_token))

    assert (await staff.refusal(staff.renew(tokens[-1].refresh_token))).reason == "SESSION_EXPIRED"


@pytest.mark.parametrize("how_many", [2, 3, 8])
async def test_of_refreshes_side_by_side_one_succeeds_and_the_session_ends(
    staff: Any, email: str, how_many: int
) -> None:
    opened = await staff.login(email)

    asked = (staff.renew(opened.tokens.refresh_token) for _ in range(how_many))
    answers = await asyncio.gather(*asked, return_exceptions=True)

    renewed = [one for one in answers if isinstance(one, pb.SessionTokens)]
    assert len(renewed) == 1
    assert (await staff.refusal(staff.renew(renewed[0].refresh_token))).reason == "SESSION_EXPIRED"
    assert len(await staff.audit(admin_id=opened.admin.id, action="session.reuse")) == 1


async def test_a_renewal_whose_answer_was_lost_is_told_again_to_who_asked(staff: Any, email: str) -> None:
    first, request_id, next_id = (await staff.login(email)).tokens.refresh_token, str(uuid4()), str(uuid4())

    lost = await staff.renew(first, request_id=request_id)
    staff.clock.advance(REPEAT_S - 1)
    again = await staff.renew(first, request_id=request_id)
    after = await staff.renew(again.refresh_token, request_id=request_id)

    assert lost.refresh_token == again.refresh_token == after.refresh_token
    assert (await staff.holder(again)).email == email
    later = await staff.renew(again.refresh_token, request_id=next_id)
    assert later.refresh_token != again.refresh_token
    # Of the one before the last, nothing is told any more, whoever asks.
    assert (await staff.refusal(staff.renew(first, request_id=next_id))).reason == "SESSION_EXPIRED"


@pytest.mark.parametrize("how_many", [2, 3, 8])
async def test_repeats_side_by_side_are_one_renewal(staff: Any, email: str, how_many: int) -> None:
    opened, request_id = await staff.login(email), str(uuid4())

    asked = (staff.renew(opened.tokens.refresh_token, request_id=request_id) for _ in range(how_many))
    told = {one.refresh_token for one in await asyncio.gather(*asked)}

    assert len(told) == 1
    assert (await staff.renew(told.pop())).refresh_token
    assert await staff.audit(admin_id=opened.admin.id, action="session.reuse") == []


async def test_who_does_not_know_the_request_or_comes_late_repeats_nothing(staff: Any, email: str) -> None:
    async def ended_by(request_id: str, wait_s: int) -> bool:
        first = (await staff.login(email)).tokens.refresh_token
        second = (await staff.renew(first, request_id=asked)).refresh_token
        staff.clock.advance(wait_s)
        refused = await staff.refusal(staff.renew(first, request_id=request_id))
        robbed = await staff.refusal(staff.renew(second, request_id=asked))
        return {refused.reason, robbed.reason} == {"SESSION_EXPIRED"}

    asked = str(uuid4())

    assert await ended_by("", 1)
    assert await ended_by(str(uuid4()), 1)
    assert await ended_by(asked, REPEAT_S)


async def test_a_thief_who_spent_the_newest_token_is_found_though_its_owner_asks_again(
    staff: Any, email: str
) -> None:
    request_id = str(uuid4())
    newest = (
        await staff.renew((await staff.login(email)).tokens.refresh_token, request_id=request_id)
    ).refresh_token
    stolen = await staff.renew(newest)

    assert (await staff.refusal(staff.renew(newest, request_id=request_id))).reason == "SESSION_EXPIRED"

    assert (await staff.refusal(staff.holder(stolen))).reason == "SESSION_EXPIRED"


async def test_what_is_not_a_refresh_token_of_ours_ends_nothing(staff: Any, email: str) -> None:
    tokens = (await staff.login(email)).tokens
    stranger = AdminSessions(KeyRing(Fernet.generate_key().decode()), staff.clock)
    session_id, body = staff.claims(tokens.access_token)["sid"], tokens.refresh_token.rsplit(".", 1)[0]

    for forged in (
        stranger.mint_refresh(session_id, 0),
        tokens.access_token,
        f"{body}.",
        f"{body}.AAAA",
        session_id,
        "x" * 512,
        "й",
    ):
        assert (await staff.refusal(staff.renew(forged))).reason == "SESSION_EXPIRED"

    assert (await staff.renew(tokens.refresh_token)).refresh_token


async def test_a_refresh_token_outlives_a_rotation_of_the_keys() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    session_id = uuid4()
    token = AdminSessions(KeyRing(old), lambda: None).mint_refresh(session_id, 7)  # type: ignore[arg-type,return-value]

    rotated = AdminSessions(KeyRing(f"{new},{old}"), lambda: None)  # type: ignore[arg-type,return-value]

    assert rotated.read_refresh(token) == (session_id, 7)


class Chain:
    """A session as it should be: its tokens in order, of which the last is unspent, and until when it lives."""

    def __init__(self, tokens: pb.SessionTokens, ends: float) -> None:
        self.tokens = [tokens]
        self.ends = ends
        self.request_id, self.renewed_at = "", 0.0

    def told(self, place: int, request_id: str, now: float) -> str | None:
        """Return which token a renewal with that of `place` is told: "new", "same", or None."""
        newest = len(self.tokens) - 1
        if self.ends <= now:
            return None
        if request_id and request_id == self.request_id and now < self.renewed_at + REPEAT_S:
            return "same" if place >= newest - 1 else None
        return "new" if place == newest else None

    async def renew(self, staff: Any, place: int, request_id: str) -> None:
        now, asked = staff.clock().timestamp(), self.tokens[place].refresh_token
        told = self.told(place, request_id, now)
        if told is None:
            assert (await staff.refusal(staff.renew(asked, request_id=request_id))).reason == "SESSION_EXPIRED"
            self.ends = 0
            return
        answer = await staff.renew(asked, request_id=request_id)
        if told == "same":
            assert answer.refresh_token == self.tokens[-1].refresh_token
        else:
            assert answer.refresh_token not in [one.refresh_token for one in self.tokens]
            self.tokens.append(answer)
            self.ends, self.request_id, self.renewed_at = now + LIFE_S, request_id, now


_which, _back = st.integers(0, 3), st.integers(0, 3)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("login"), st.just(0), st.just(0)),
        st.tuples(st.sampled_from(["renew", "repeat"]), _which, _back),
        st.tuples(st.sampled_from(["renew", "logout"]), _which, st.just(0)),
        st.tuples(st.just("wait"), st.sampled_from([1, 898, 899, 900, 86_400, LIFE_S - 1, LIFE_S]), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
async def test_whatever_is_used_in_whatever_order_only_the_newest_token_of_a_live_session_works(
    staff: Any, steps: list[tuple[str, int, int]]
) -> None:
    email = (await staff.hire("viewer")).email

    async def login() -> Chain:
        return Chain((await staff.login(email)).tokens, staff.clock().timestamp() + LIFE_S)

    chains = [await login()]
    for step, number, back in steps:
        chain = chains[number % len(chains)]
        if step == "login":
            chains.append(await login())
        elif step == "wait":
            staff.clock.advance(number)
        elif step == "logout":
            await staff.stub.Logout(pb.LogoutRequest(session_id=staff.session_of(chain.tokens[0])))
            chain.ends = 0
        else:
            request_id = chain.request_id if step == "repeat" else str(uuid4())
            await chain.renew(staff, max(0, len(chain.tokens) - 1 - back), request_id)

    for chain in chains:
        if chain.ends > staff.clock().timestamp():
            assert (await staff.holder(chain.tokens[-1])).email == email
        else:
            assert (await staff.refusal(staff.holder(chain.tokens[-1]))).reason == "SESSION_EXPIRED"
