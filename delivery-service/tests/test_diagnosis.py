"""Whether a portal's queue moves, and having it tried now."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from delivery.diagnose import OLD
from kit.pb import enum_name
from teachbase.delivery.v1 import diagnosis_pb2 as pb
from teachbase.portal.v1 import diagnosis_pb2 as shape
from teachbase.portal.v1 import portal_pb2


async def state(service: Any, portal: Any) -> tuple[str, shape.Check]:
    answer = await service.diagnosis.Diagnose(pb.DiagnoseRequest(portal_id=str(portal.id)))
    (check,) = answer.checks
    return enum_name(shape.CheckState, check.state), check


async def mend(service: Any, portal: Any) -> list[shape.Fix]:
    """Have the queue mended while the worker works."""

    async def work() -> None:
        while True:
            await service.work()
            await asyncio.sleep(0.05)

    working = asyncio.create_task(work())
    async with asyncio.timeout(8):
        answer = await service.diagnosis.AttemptFix(pb.AttemptFixRequest(portal_id=str(portal.id)))
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return list(answer.fixes)


async def park(service: Any, portal: Any, seconds: float, next_step: str = "") -> None:
    async with service.engine.begin() as conn:
        await conn.execute(
            text("UPDATE lanes SET parked_until = :until, cause = 'X', next_step = :step WHERE portal_id = :id"),
            {"until": service.clock() + timedelta(seconds=seconds), "step": next_step, "id": portal.id},
        )


async def test_an_empty_queue_moves_and_so_does_one_that_waits_for_its_budget(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    empty, _ = await state(service, portal)
    await service.enqueue(message_of(portal, "привет"))
    waiting, check = await state(service, portal)
    await park(service, portal, 2)

    assert (empty, waiting, (await state(service, portal))[0]) == ("ok", "ok", "ok")
    assert check.evidence["waiting"] == 1


async def test_a_paused_lane_with_nothing_in_it_holds_nothing_up(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    await service.enqueue(message_of(portal, "привет"))
    await service.work()
    await park(service, portal, 3600)

    assert (await state(service, portal))[0] == "ok"


async def test_a_paused_lane_is_named_with_its_cause_and_sends_once_it_is_mended(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    await service.enqueue(message_of(portal, "привет"))
    await park(service, portal, 3600, "Run setup on the portal.")
    found, check = await state(service, portal)

    (fix,) = await mend(service, portal)

    assert (found, check.can_fix, check.evidence["cause"]) == ("failed", True, "X")
    assert "Run setup on the portal." in check.what_would_be_done
    assert (fix.before.state, fix.after.state) == (shape.CHECK_STATE_FAILED, shape.CHECK_STATE_OK)
    assert await service.seen(portal) == ["привет"]


async def test_what_is_held_up_again_stays_failed(
    service: Any, message_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.diagnose.WATCHED_S", 0.5)
    portal = await service.portal()
    await service.enqueue(message_of(portal, "привет"))
    await service.break_it(portal, "payment_required", count=None)
    await service.work()

    (fix,) = await mend(service, portal)

    assert fix.after.state == shape.CHECK_STATE_FAILED
    assert "PAYMENT_REQUIRED" in str(fix.after.evidence["cause"])
    assert "renewed" in fix.after.what_would_be_done


async def test_what_waits_for_too_long_is_named_and_tried_now(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "привет")
    await service.enqueue(message)
    async with service.engine.begin() as conn:
        await conn.execute(
            text("UPDATE outbox SET state = 'retry', due_at = :later WHERE portal_id = :id"),
            {"later": service.clock() + timedelta(hours=1), "id": portal.id},
        )
    service.clock.advance(OLD.total_seconds() + 1)
    found, _ = await state(service, portal)

    await mend(service, portal)

    assert found == "failed"
    assert await service.seen(portal) == ["привет"]


async def test_what_may_be_shown_already_keeps_its_pause(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "привет")
    await service.enqueue(message)
    later = service.clock() + timedelta(hours=1)
    async with service.engine.begin() as conn:
        await conn.execute(
            text("UPDATE outbox SET state = 'unknown', due_at = :later WHERE portal_id = :id"),
            {"later": later, "id": portal.id},
        )
    await park(service, portal, 3600)

    await service.diagnosis.AttemptFix(pb.AttemptFixRequest(portal_id=str(portal.id)))
    await service.work()

    assert await service.seen(portal) == []
    assert (await service.item(message)).due_at.ToDatetime() == later.replace(tzinfo=None)


async def test_a_portal_that_is_suspended_is_another_checks_matter_and_nothing_is_tried(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    await service.enqueue(message_of(portal, "привет"))
    await service.tell(portal, portal_pb2.PORTAL_STATE_SUSPENDED)

    answer = await service.diagnosis.AttemptFix(pb.AttemptFixRequest(portal_id=str(portal.id)))

    assert (await state(service, portal))[0] == "skipped"
    assert list(answer.fixes) == []
