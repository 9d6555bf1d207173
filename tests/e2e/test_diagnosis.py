"""Portals broken one way at a time: the diagnosis names what is wrong, attempt-fix mends it or says who has to."""

import uuid

import pytest

from tests.e2e.broken_portal import EXPLAINED, MENDED, begin, lose_the_bot, trip_the_breaker, unbind_a_placement
from tests.e2e.product import Product, eventually


async def test_a_healthy_portal_has_nothing_wrong_and_is_asked_twice(product: Product) -> None:
    case = await begin(product)
    before = (await case.sim("GET", "/requests"))["by_method"]

    found = await case.ask("diagnostics")

    after = (await case.sim("GET", "/requests"))["by_method"]
    asked = {method: count - before.get(method, 0) for method, count in after.items()}
    assert {method: count for method, count in asked.items() if count} == {"batch": 1, "event.test": 1}
    assert {one["name"]: one["state"] for one in found["checks"] if one["state"] != "ok"} == {}
    assert (found["health"], found["failed"]) == ("ok", [])
    assert len(found["checks"]) >= 20
    row = await case.row()
    assert (row["health"], row["health_cause"], row["alerts"]) == ("ok", None, [])
    assert row["last_proven_alive_at"] >= found["checked_at"][:10]


@pytest.mark.parametrize("trouble", MENDED)
async def test_a_breakage_is_named_and_mended(product: Product, trouble: str) -> None:
    break_it, name = MENDED[trouble]
    case = await begin(product)
    await break_it(case)

    found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")
    again = await case.ask("diagnostics")

    assert found["failed"] == [name]
    check = next(one for one in found["checks"] if one["name"] == name)
    assert check["can_fix"], check
    assert check["reason"], check
    assert check["what_would_be_done"], check
    assert mended["needs_human"] == []
    if name != "token_valid":  # the diagnosis itself has brought a new pair
        (fix,) = [one for one in mended["fixes"] if one["name"] == name]
        assert (fix["is_mended"], fix["error"], fix["before"]["state"], fix["after"]["state"]) == (
            True,
            None,
            "failed",
            "ok",
        )
        (line, *_) = (await product.admin("/audit", portal_id=case.portal_id))["items"]
        assert line["action"] == "portal.attempt_fix"
        assert (line["email"], line["before"][name]["state"]) == ("admin@localhost", "failed")
        assert line["after"][name]["state"] in {"ok", "handed_on"}
    assert {one["name"]: one["state"] for one in again["checks"] if one["state"] != "ok"} == {}
    await case.is_answered()


@pytest.mark.parametrize("trouble", EXPLAINED)
async def test_what_cannot_be_mended_is_explained(product: Product, trouble: str) -> None:
    break_it, name, word = EXPLAINED[trouble]
    case = await begin(product)
    await break_it(case)

    found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")

    assert found["failed"] == [name], [one for one in found["checks"] if one["state"] != "ok"]
    assert mended["failed"] == [name]
    (step,) = mended["needs_human"]
    assert (step["name"], word in step["what"]) == (name, True), step
    (fix,) = [one for one in mended["fixes"] if one["name"] == name]
    assert (fix["did"], fix["is_mended"]) == (None, False)


async def test_behind_one_trouble_another_is_found_and_mended_too(product: Product) -> None:
    case = await begin(product)
    await lose_the_bot(case)
    await unbind_a_placement(case)
    await trip_the_breaker(case)

    found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")

    assert found["failed"] == ["breaker_closed"]
    assert {one["name"] for one in found["checks"] if one["state"] == "skipped"} >= {"bot_present", "rest_answers"}
    assert {one["name"] for one in mended["fixes"]} == {"breaker_closed", "bot_present", "placements_bound"}
    assert all(one["is_mended"] for one in mended["fixes"])
    assert (mended["health"], mended["failed"], mended["needs_human"]) == ("ok", [], [])
    await case.is_answered()


async def test_events_that_do_not_arrive_are_noticed(product: Product) -> None:
    case = await begin(product)

    with product.frozen("messaging-worker"):
        found = await case.ask("diagnostics")
    mended = await case.ask("attempt-fix")

    assert found["failed"] == ["events_arriving"]
    assert (mended["failed"], mended["needs_human"]) == ([], [])


async def test_a_context_that_does_not_answer_is_unknown_and_keeps_nobody_from_diagnosing(
    product: Product,
) -> None:
    case = await begin(product)

    with product.frozen("delivery"):
        found = await case.ask("diagnostics")

    assert {one["name"]: one["state"] for one in found["checks"] if one["state"] != "ok"} == {
        "queue_moving": "unknown"
    }
    assert (found["health"], found["failed"]) == ("ok", [])


async def test_silence_against_a_portals_own_usual_traffic_is_seen_in_the_list_of_portals(
    product: Product,
) -> None:
    case = await begin(product)
    portal_id = uuid.UUID(case.portal_id)
    await case.product.write(case.portal, 2, "ping")

    async def is_stored() -> bool:
        return bool((await product.admin("/messages", portal_id=case.portal_id, direction="rx"))["items"])

    await eventually(is_stored, what="the message")
    await product.sql("messaging", _ALWAYS_WRITES, portal_id)
    await product.sql("messaging", _BUT_NOT_FOR_TWO_DAYS, portal_id)
    await product.sql("messaging", "UPDATE traffic SET due_at = now() WHERE portal_id = $1", portal_id)

    async def is_warned() -> bool:
        return bool((await case.row())["health"] == "warning")

    await eventually(is_warned, 30, "a visible alert")
    row = await case.row()
    listed = await product.admin("/portals", health="warning", query=case.portal["member_id"])
    well = await product.admin("/portals", health="ok", query=case.portal["member_id"])
    found = await case.ask("diagnostics")
    assert [one["name"] for one in row["alerts"]] == ["silence"]
    assert "hours in which people of this portal usually" in row["health_cause"]
    assert ([one["id"] for one in listed["items"]], well["items"]) == ([case.portal_id], [])
    assert found["failed"] == ["usual_traffic"]
    assert (found["health"], found["checks"][-1]["can_fix"]) == ("warning", False)


async def test_the_daily_probe_comes_back_by_itself(product: Product) -> None:
    case = await begin(product)
    portal_id = uuid.UUID(case.portal_id)
    due = (
        "UPDATE portals SET probe_due_at = now() - interval '1 minute', last_proven_alive_at = NULL WHERE id = $1"
    )
    await product.sql("portal", due, portal_id)

    async def is_echoed() -> bool:
        rows = await product.sql("portal", "SELECT echoed_at FROM portal_probes WHERE portal_id = $1", portal_id)
        return any(row["echoed_at"] for row in rows)

    await eventually(is_echoed, 45, "the echo")
    assert (await case.row())["last_proven_alive_at"]
    assert (await case.sim("GET", "/requests"))["by_method"]["event.test"] == 1
    (row,) = await product.sql(
        "portal", "SELECT probe_due_at > now() AS later FROM portals WHERE id = $1", portal_id
    )
    assert row["later"]


async def test_who_may_not_or_asks_of_nobody_is_refused(product: Product) -> None:
    case = await begin(product)
    nobody = uuid.uuid4()

    for what in ("diagnostics", "attempt-fix"):
        unsigned = await product.http.post(f"{product.url}/v1/admin/portals/{case.portal_id}/{what}")
        unknown = await product.operate(f"/portals/{nobody}/{what}")
        assert (unsigned.status_code, unknown.status_code) == (401, 404)
        assert unknown.json()["error"] == "portal_not_found"
    wrong = await product.admin_answer("/portals", health="sick")
    assert (wrong.status_code, wrong.json()["detail"]["words"]) == (422, ["ok", "warning", "failing"])


_ALWAYS_WRITES = """
    INSERT INTO traffic_hours SELECT $1, hour, 3
    FROM generate_series(date_trunc('hour', now()) - interval '27 days',
                         date_trunc('hour', now()) - interval '2 days', interval '1 hour') AS hour
    ON CONFLICT DO NOTHING
"""
_BUT_NOT_FOR_TWO_DAYS = """
    UPDATE messages SET created_at = now() - interval '2 days' WHERE portal_id = $1 AND direction = 'rx'
"""
