"""Every reason for which something is refused is published, raised, documented and said in people's words."""

import pytest

from tests.house.reasons import (
    answered,
    codes_of_the_browser,
    declared,
    documented,
    published,
    raised,
    worded,
)
from tests.house.sources import ROOT, SERVICES

NOT_IN_THE_APP = {
    # The vendor's staff alone ask for these; tests/ops/test_said.py has them said in Russian by the console.
    *("admin_not_found", "email_taken", "last_owner", "not_an_owner", "weak_password", "wrong_password"),
    *("invalid_credentials", "password_change_required", "cross_site_request", "plan_exists", "plan_not_found"),
    *("portal_exists", "outbox_item_not_dead", "outbox_item_not_found", "dialog_not_found", "trace_not_found"),
    *("inbound_event_not_found", "explanation_not_found", "set_aside_event_not_found", "refused_again"),
    # Said to Bitrix24, to another context, to a tool of developers or on a page of its own.
    *("body_cut", "caller_not_allowed", "looked_lately", "portal_unknown", "simulation_off"),
    "authorization_not_begun",
    # A program asked wrongly: no person can do anything about it.
    *("bad_request", "method_not_allowed", "not_found", "unsupported_media_type"),
}
"""Refusals (4xx) that the app in a portal never shows."""


@pytest.mark.parametrize("context", SERVICES)
def test_a_context_publishes_the_reasons_that_it_raises_and_no_others(context: str) -> None:
    errors = declared(f"{context}.errors")

    assert len(errors) >= 2
    assert published(context) == errors.keys()
    assert {reason for reason, error in errors.items() if error.__name__ not in raised(SERVICES[context])} == set()


def test_what_any_context_refuses_is_raised_by_the_kit() -> None:
    known = raised(ROOT / "libs" / "kit" / "kit")
    for context in SERVICES:
        known |= raised(SERVICES[context])

    errors = declared("kit.errors")
    assert errors.keys() == {"INVALID_ARGUMENT", "DATABASE_UNAVAILABLE", "CALLER_NOT_ALLOWED"}
    assert {error.__name__ for error in errors.values()} <= known


def test_one_reason_means_the_same_in_every_context() -> None:
    seen = [reason for context in SERVICES for reason in declared(f"{context}.errors")]

    assert len(seen) == len(set(seen))


def test_every_code_is_documented_with_its_status_and_no_other() -> None:
    assert documented() == answered()


def test_the_app_has_words_of_its_own_for_every_refusal_that_it_may_show() -> None:
    refusals = {code for code, statuses in answered().items() if min(statuses) < 500}

    assert refusals >= NOT_IN_THE_APP
    for language in ("en", "ru"):
        assert refusals - NOT_IN_THE_APP == worded("portal", language) & refusals, language


@pytest.mark.parametrize("app", ["console", "portal"])
def test_an_app_says_the_same_in_both_languages_and_nothing_that_cannot_happen(app: str) -> None:
    possible = answered().keys() | codes_of_the_browser()

    assert worded(app, "en") == worded(app, "ru")
    assert worded(app, "en") <= possible
