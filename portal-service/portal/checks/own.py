"""What we hold ourselves: the breaker, who may talk; and the proof that events arrive."""

from typing import Any

from bitrix.events import as_flag, as_map
from portal import bindings
from portal.bindings import PROBE_EVENT
from portal.checks import facts as ask
from portal.checks.facts import Facts
from portal.checks.finding import Finding, failed, ok, skipped, unknown


def breaker_closed(facts: Facts) -> Finding:
    """Tell whether calls of this portal are held back."""
    condition = facts.breaker
    if condition is None:
        return unknown("Redis does not answer; while it is away nothing is held back.")
    evidence: dict[str, Any] = {
        "condition": condition.word,
        "failures": condition.failures,
        "opens_in_s": condition.opens_in_s,
    }
    if condition.word == "open":
        fix = "Let one call try; it ends the pause, or begins it anew."
        return failed("The portal failed so often that calls are held back.", fix=fix, **evidence)
    return ok(**evidence)


def allowlist(facts: Facts) -> Finding:
    """Tell whether anybody may talk to the bot."""
    access = facts.portal.access
    evidence: dict[str, Any] = {
        "mode": access.mode,
        "users": len(access.user_ids),
        "departments": len(access.department_ids),
    }
    if access.mode == "all" or (access.department_ids if access.mode == "departments" else access.user_ids):
        return ok(**evidence)
    human = "An administrator of the portal must choose in the app who may talk to the bot."
    return failed("Nobody may talk to the bot.", human=human, **evidence)


def events_arriving(facts: Facts) -> Finding:
    """Tell whether an event that the portal was asked for came back."""
    last = facts.portal.last_proven_alive_at
    evidence: dict[str, Any] = {"last_proven_alive_at": last.isoformat() if last else ""}
    if (why := why_no_probe(facts)) or facts.probe is None:
        return skipped(why or "rest_answers: the portal was not asked.", **evidence)
    if facts.probe.refusal:
        reason = "The portal did not take the request for a test event."
        return unknown(reason, code=facts.probe.refusal, **evidence)
    if facts.probe.echoed_after_ms is not None:
        return ok(echoed_after_ms=facts.probe.echoed_after_ms)
    return failed(
        "A test event did not come back.",
        fix="Bind the handlers of events anew and ask for another.",
        waited_s=facts.probe.waited_s,
        **evidence,
    )


def why_no_probe(facts: Facts) -> str:
    """Return why a test event would prove nothing, "" where it would."""
    info, handlers = facts.answer(ask.APP_INFO), facts.answer(ask.EVENTS)
    if info is None:
        return "rest_answers: the portal does not answer."
    if not as_flag(as_map(info.result).get("INSTALLED")):
        return "app_installed: before that the portal sends no events."
    if as_flag(as_map(info.result).get("PAYMENT_EXPIRED")):
        return "payment: without it the portal sends no events."
    url = facts.wanted.events_url
    if handlers is None or bindings.missing([PROBE_EVENT], bindings.events(handlers.result), url):
        return "event_handlers: the test event is not bound."
    return ""
