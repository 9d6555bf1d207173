"""Events of the application's life: kept until portal has heard them, in order, their tokens sealed."""

from typing import Any

import grpc
import pytest

from bitrix import phpform
from kit.ids import NIL

SECRETS = {"access_token": "secret-access", "refresh_token": "secret-refresh"}


@pytest.fixture
def life(raw_event: Any) -> Any:
    def event(portal: Any, name: str, data: dict[str, Any] | None = None, ts: int = 1, **auth: Any) -> Any:
        said = {
            "member_id": portal.member_id,
            "application_token": portal.application_token,
            "server_endpoint": "https://oauth.bitrix24.tech/rest/",
            **auth,
        }
        return raw_event(
            phpform.encode({"event": name, "data": data or {"LANGUAGE_ID": "ru"}, "ts": ts, "auth": said})
        )

    return event


async def waiting(service: Any, portal: Any) -> list[Any]:
    found: list[Any] = await service.rows(
        "SELECT * FROM life_cycle_notices WHERE member_id = :member ORDER BY id", member=portal.member_id
    )
    return found


async def test_portal_hears_of_a_removal_and_then_of_the_install_after_it_once(service: Any, life: Any) -> None:
    portal = await service.portal()
    events = [
        life(portal, "ONAPPUNINSTALL", {"LANGUAGE_ID": "ru", "CLEAN": "1"}, ts=1),
        life(portal, "ONAPPINSTALL", ts=2, **SECRETS, expires_in=3600),
    ]

    receipts = [*await service.ingest(*events), *await service.ingest(*events)]
    await service.notices.round()
    await service.notices.round()

    told = service.context.told
    assert [(one.event, one.is_proven, one.clean) for one in told] == [
        ("ONAPPUNINSTALL", True, True),
        ("ONAPPINSTALL", True, False),
    ]
    assert (told[1].access_token, told[1].refresh_token, told[1].expires_in) == (*SECRETS.values(), 3600)
    assert {receipt.reason for receipt in receipts} == {"life_cycle"}
    assert await waiting(service, portal) == []
    kinds = await service.rows("SELECT type FROM events WHERE portal_id = :id", id=portal.id)
    assert [row.type for row in kinds] == ["life_cycle", "life_cycle"]


async def test_no_token_of_a_notice_lies_open_in_any_table(service: Any, life: Any) -> None:
    portal = await service.portal()
    await service.ingest(life(portal, "ONAPPINSTALL", **SECRETS))

    (kept,) = await waiting(service, portal)
    stored = await service.rows("SELECT body FROM bitrix_inbound_events WHERE portal_id = :id", id=portal.id)

    for secret in SECRETS.values():
        assert secret.encode() not in kept.access_token + kept.refresh_token + stored[0].body


async def test_while_portal_is_away_a_notice_waits_and_a_refused_one_is_over(service: Any, life: Any) -> None:
    portal = await service.portal()
    await service.ingest(life(portal, "ONAPPUNINSTALL"))

    service.context.refusal = grpc.StatusCode.UNAVAILABLE
    await service.notices.round()
    kept = len(await waiting(service, portal))
    service.clock.advance(3600)
    service.context.refusal = grpc.StatusCode.NOT_FOUND
    await service.notices.round()

    assert kept == 1
    assert await waiting(service, portal) == []
    (event,) = await service.rows("SELECT reason FROM events WHERE portal_id = :id", id=portal.id)
    assert event.reason == "not_found"


async def test_a_stranger_is_asked_about_only_where_a_token_could_prove_the_event(service: Any, life: Any) -> None:
    stranger = type(await service.portal())()

    receipts = await service.ingest(
        life(stranger, "ONAPPINSTALL", **SECRETS),
        life(stranger, "ONAPPINSTALL"),
        life(stranger, "ONAPPUNINSTALL", **SECRETS),
    )
    await service.notices.round()

    assert {receipt.reason for receipt in receipts} == {"unknown_portal"}
    assert [(one.event, one.is_proven) for one in service.context.told] == [("ONAPPINSTALL", False)]
    left = await service.rows(
        "SELECT outcome FROM bitrix_inbound_events WHERE portal_id = :nobody AND member_id = :member",
        nobody=NIL,
        member=stranger.member_id,
    )
    assert {row.outcome for row in left} == {"refused"}


async def test_two_test_events_of_one_second_are_two_and_name_their_probes(service: Any, life: Any) -> None:
    portal = await service.portal()
    query = {"LANGUAGE_ID": "ru", "QUERY": {"probe": "a1"}}

    await service.ingest(life(portal, "ONAPPTEST", query), life(portal, "ONAPPTEST", {"QUERY": {"probe": "b2"}}))
    await service.ingest(life(portal, "ONAPPTEST", query))
    await service.notices.round()
    await service.notices.round()

    assert [one.probe for one in service.context.told] == ["a1", "b2"]


async def test_what_is_proven_waits_for_nothing_that_anybody_may_have_sent(service: Any, life: Any) -> None:
    portal = await service.portal()
    await service.ingest(life(portal, "ONAPPINSTALL", application_token="guessed", **SECRETS))
    service.context.refusal = grpc.StatusCode.UNAVAILABLE
    await service.notices.round()
    service.context.refusal = None
    await service.ingest(life(portal, "ONAPPUNINSTALL", ts=2))

    await service.notices.round()

    assert [(one.event, one.is_proven) for one in service.context.told][1:] == [("ONAPPUNINSTALL", True)]
    assert [row.event for row in await waiting(service, portal)] == ["ONAPPINSTALL"]


async def test_of_hints_of_a_payment_one_waits_at_a_time(service: Any, life: Any) -> None:
    portal = await service.portal()
    service.context.refusal = grpc.StatusCode.UNAVAILABLE

    for ts in range(5):
        await service.ingest(life(portal, "ONAPPPAYMENT", ts=ts, application_token=""))

    assert len(await waiting(service, portal)) == 1
