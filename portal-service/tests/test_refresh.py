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


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("login"), st.just(0)),
        st.tuples(st.just("refresh"), st.integers(0, 30)),
        st.tuples(st.just("refresh_newest"), st.integers(0, 30)),
        st.tuples(st.just("logout"), st.integers(0, 30)),
        st.tuples(st.just("wait"), st.integers(1, 10)),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
async def test_whatever_is_used_in_whatever_order_only_the_newest_token_of_a_live_session_works(
    staff: Any, steps: list[tuple[str, int]]
) -> None:
    email = (await staff.hire("viewer")).email
    first = (await staff.login(email)).tokens
    # The model: a session's tokens in order (the last is unspent), and until when it lives; None = it has ended.
    chains, ends = [[first]], [staff.clock().timestamp() + 14 * 86_400]

    for step, number in steps:
        now = staff.clock().timestamp()
        which = number % len(chains)
        if step == "login":
            chains.append([(await staff.login(email)).tokens])
            ends.append(now + 14 * 86_400)
        elif step == "wait":
            staff.clock.advance(number * 86_400)
        elif step == "logout":
            await staff.stub.Logout(pb.LogoutRequest(session_id=staff.session_of(chains[which][0])))
            ends[which] = 0
        else:
            place = len(chains[which]) - 1 if step == "refresh_newest" else number // 2 % len(chains[which])
            token, is_newest = chains[which][place].refresh_token, place == len(chains[which]) - 1
            if is_newest and ends[which] > now:
                chains[which].append(await staff.renew(token))
                ends[which] = now + 14 * 86_400
            else:
                assert (await staff.refusal(staff.renew(token))).reason == "SESSION_EXPIRED"
                ends[which] = ends[which] if is_newest else 0

    for chain, end in zip(chains, ends, strict=True):
        if end > staff.clock().timestamp():
            assert (await staff.holder(chain[-1])).email == email
        else:
            assert (await staff.refusal(staff.holder(chain[-1]))).reason == "SESSION_EXPIRED"
