"""What the portal says of the application: installed, paid, in step, and by whose rights we ask."""

from typing import Any

from bitrix.errors import BitrixError, Kind
from bitrix.events import as_flag, as_map, as_text
from portal.checks.facts import APP_INFO, IS_ADMIN, OPEN_APP, Facts
from portal.checks.finding import Finding, failed, ok, skipped, unknown
from portal.life import GONE, State

MAX_SKEW_S = 60.0
_NO_REST = "rest_answers: the portal was not asked."
_UNPAID = "The portal's administrator must renew the Bitrix24 subscription."


def rest_answers(facts: Facts) -> Finding:
    """Tell whether the portal answers REST; a refusal for its plan is the payment's check."""
    if not facts.rest:
        if facts.live is None:
            return skipped("token_valid: there is no live token.")
        return skipped("breaker_closed: calls are held back.")
    error = facts.refusal(APP_INFO)
    if error is None or error.kind is Kind.PLAN or error.status == 403:
        return ok(took_ms=round((facts.answered_at - facts.asked_at) * 1000))
    if error.kind is Kind.THROTTLE:
        return unknown(
            "The portal's request rate is used up, or a method has to rest: ask again in a minute.", **_of(error)
        )
    return failed(
        "The portal does not answer its REST as it should.",
        human="See whether the portal opens in a browser; its host may be down or refuse our addresses.",
        **_of(error),
    )


def _of(error: BitrixError) -> dict[str, Any]:
    return {"code": error.code, "kind": error.kind.value, "status": error.status}


def app_installed(facts: Facts) -> Finding:
    """Tell whether the install is finished: before that no event leaves the portal (contract 1.2)."""
    if (silent := silence(facts, APP_INFO)) is not None:
        return silent
    info = as_map(facts.rest_result(APP_INFO))
    evidence: dict[str, Any] = {"version": info.get("VERSION"), "status": as_text(info.get("STATUS"))}
    if as_flag(info.get("INSTALLED")):
        return ok(**evidence)
    human = "An administrator of the portal must open the app once more and go through its wizard to the end."
    return failed("The portal waits for the install to be finished and sends no events.", human=human, **evidence)


def payment(facts: Facts) -> Finding:
    """Tell whether the portal's subscription lets the app work, and whether we know it."""
    refused = [one for one in (facts.refusal(APP_INFO), facts.refreshed) if _is_plan(one)]
    answer = facts.answer(APP_INFO)
    if not refused and answer is None:
        return silence(facts, APP_INFO) or unknown("The portal does not say.")
    info = as_map(answer.result if answer else None)
    evidence: dict[str, Any] = {
        "stored_state": facts.portal.state,
        "payment_expired": as_text(info.get("PAYMENT_EXPIRED")),
        "days": info.get("DAYS"),
        "license": as_text(info.get("LICENSE")),
        "code": refused[0].code if refused and isinstance(refused[0], BitrixError) else "",
    }
    if refused or as_flag(info.get("PAYMENT_EXPIRED")):
        return failed("The portal's subscription has ended.", human=_UNPAID, **evidence)
    if facts.portal.state == State.PAYMENT_REQUIRED:
        fix = "Serve the portal again."
        return failed("The portal has paid, and we did not hear of it.", fix=fix, **evidence)
    return ok(**evidence)


def in_service(facts: Facts) -> Finding:
    """Tell whether we serve the portal, whatever it answers."""
    state = State(facts.portal.state)
    if state is State.ACTIVE:
        return ok(status=state.value)
    if state is State.PAYMENT_REQUIRED:
        return skipped("payment: it decides.", status=state.value)
    if state is State.SUSPENDED:
        why = facts.portal.suspended_reason
        return failed("The vendor has suspended the portal.", human="Resume it.", status=state.value, why=why)
    if state in GONE:
        human = "The app must be installed again on the portal."
        return failed("The application is not installed on the portal.", human=human, status=state.value)
    if state is State.INSTALLING:
        human = "An administrator of the portal must choose in the app who may talk to the bot."
        return failed("The install was begun and not finished.", human=human, status=state.value)
    human = "See whether the portal opens in a browser, then set it up again."
    return failed("The portal was given up as unreachable.", human=human, status=state.value)


def token_rights(facts: Facts) -> Finding:
    """Tell whether the token is an administrator's: employees may not bind anything (contract 5.7, 6.1)."""
    if (silent := silence(facts, IS_ADMIN)) is not None:
        return silent
    if as_flag(facts.rest_result(IS_ADMIN)):
        return ok()
    return failed("The token's user is no administrator of the portal (any more).", human=OPEN_APP)


def clock_in_step(facts: Facts) -> Finding:
    """Tell whether the portal's clock agrees with ours."""
    answer = facts.answer(APP_INFO)
    if answer is None:
        return silence(facts, APP_INFO) or unknown("The portal does not say.")
    if not answer.finished_at:
        return unknown("The portal does not tell its time.")
    early, late = facts.asked_at - answer.finished_at, answer.finished_at - facts.answered_at
    skew_s = round(max(early, late, 0.0), 1)
    if skew_s <= MAX_SKEW_S:
        return ok(skew_s=skew_s)
    human = "Set the clock of the portal's server, if it is a box; else see that ours is in step."
    return failed(
        "The portal's clock and ours disagree.",
        human=human,
        skew_s=skew_s,
        portal_is_ahead=late > early,
    )


def silence(facts: Facts, method: str) -> Finding | None:
    """Return why nothing is known from a method, None where it answered."""
    error = facts.refusal(method)
    if error is None:
        return skipped(_NO_REST) if method not in facts.rest else None
    if error.kind is Kind.PLAN:
        return skipped("payment: the portal refuses REST.", code=error.code)
    if error.code.upper() == "INSUFFICIENT_SCOPE":
        return skipped("scopes: one is missing.", code=error.code)
    if error.code in {refusal.code for refusal in [facts.refusal(APP_INFO)] if refusal}:
        return skipped("rest_answers: the portal does not answer.", code=error.code)
    return unknown("The portal refused to say.", code=error.code, kind=error.kind.value)


def _is_plan(one: object) -> bool:
    return isinstance(one, BitrixError) and one.kind is Kind.PLAN
