"""A diagnosis put together from the contexts' own: each knows its part, and none calls another for it (ADR 13)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from edge.rows import plain
from edge.rpc import DIAGNOSIS_TIMEOUT_S, Contexts, ask
from edge.schemas.diagnosis import Check, Diagnosis, Fix, HumanStep, Mended
from kit.errors import PeerError
from kit.pb import enum_name
from teachbase.delivery.v1 import diagnosis_pb2 as delivery
from teachbase.messaging.v1 import diagnosis_pb2 as messaging
from teachbase.portal.v1 import diagnosis_pb2 as portal
from teachbase.portal.v1.portal_pb2 import Actor

_PART_S = 5.0
"""Of a context that only looks into its own tables."""
_NAMES = {"delivery": ["queue_moving"], "messaging": ["answers_given", "usual_traffic"]}
"""What a context would have said, had it answered."""


async def diagnose(peers: Contexts, portal_id: str) -> Diagnosis:
    """Return every check of a portal. Raises PeerError when portal itself has no answer."""
    request = portal.DiagnoseRequest(portal_id=portal_id)
    own, elsewhere = await asyncio.gather(
        ask("portal", peers.portal_diagnosis.Diagnose, request, DIAGNOSIS_TIMEOUT_S), _elsewhere(peers, portal_id)
    )
    checks = [_check(one, "portal") for one in own.checks] + elsewhere
    return Diagnosis(portal_id=portal_id, **_summary(checks), checks=checks)


async def attempt_fix(peers: Contexts, portal_id: str, actor: Actor) -> Mended:
    """Have each failed check mended where that is possible: portal's first, for the others wait for it.

    Raises PeerError when portal itself has no answer.
    """
    queue = await _of_delivery(peers, portal_id)
    stuck = [one for one in queue if isinstance(one, portal.Check) and one.state == portal.CHECK_STATE_FAILED]
    request = portal.AttemptFixRequest(portal_id=portal_id, actor=actor, elsewhere=stuck)
    own = await ask("portal", peers.portal_diagnosis.AttemptFix, request, DIAGNOSIS_TIMEOUT_S)
    fixes = [_fix(one, "portal") for one in own.fixes]
    if stuck:
        fixes += [_fix(one, "delivery") for one in await _mend_queue(peers, portal_id, stuck)]
    elsewhere = await _elsewhere(peers, portal_id)
    checks = [_check(one, "portal") for one in own.checks] + elsewhere
    fixes += [_untouched(one) for one in elsewhere if one.state == "failed" and one.context == "messaging"]
    people = [
        HumanStep(name=one.name, what=one.what_would_be_done or one.reason or "")
        for one in checks
        if one.state == "failed"
    ]
    return Mended(portal_id=portal_id, **_summary(checks), fixes=fixes, needs_human=people, checks=checks)


async def _mend_queue(peers: Contexts, portal_id: str, stuck: list[portal.Check]) -> Sequence[portal.Fix]:
    request = delivery.AttemptFixRequest(portal_id=portal_id)
    try:
        done = await ask("delivery", peers.delivery_diagnosis.AttemptFix, request)
    except PeerError as error:
        return [portal.Fix(name=one.name, error=error.message, before=one, after=one) for one in stuck]
    # None: what held the queue up was portal's to mend.
    return done.fixes or [portal.Fix(name=one.name, before=one, after=_well(one)) for one in stuck]


async def _elsewhere(peers: Contexts, portal_id: str) -> list[Check]:
    """Return the checks of the other contexts; those of one that does not answer are unknown."""
    sending, writing = await asyncio.gather(_of_delivery(peers, portal_id), _of_messaging(peers, portal_id))
    return [
        one if isinstance(one, Check) else _check(one, context)
        for context, part in (("delivery", sending), ("messaging", writing))
        for one in part
    ]


async def _of_delivery(peers: Contexts, portal_id: str) -> Sequence[portal.Check | Check]:
    request = delivery.DiagnoseRequest(portal_id=portal_id)
    try:
        return (await ask("delivery", peers.delivery_diagnosis.Diagnose, request, _PART_S)).checks
    except PeerError as error:
        return _away("delivery", error)


async def _of_messaging(peers: Contexts, portal_id: str) -> Sequence[portal.Check | Check]:
    request = messaging.DiagnoseRequest(portal_id=portal_id)
    try:
        return (await ask("messaging", peers.messaging_diagnosis.Diagnose, request, _PART_S)).checks
    except PeerError as error:
        return _away("messaging", error)


def _away(context: str, error: PeerError) -> list[Check]:
    return [
        Check(
            name=name,
            context=context,
            severity="error",
            state="unknown",
            reason=f"{context} does not answer.",
            evidence={"reason": error.reason},
            what_would_be_done=f"See whether {context} runs.",
            can_fix=False,
        )
        for name in _NAMES[context]
    ]


def _summary(checks: list[Check]) -> dict[str, Any]:
    failed = [one for one in checks if one.state == "failed"]
    health = "failing" if any(one.severity == "error" for one in failed) else "warning" if failed else "ok"
    return {
        "checked_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "health": health,
        "failed": [one.name for one in failed],
    }


def _check(value: portal.Check, context: str) -> Check:
    return Check(
        name=value.name,
        context=context,
        severity=enum_name(portal.Severity, value.severity),
        state=enum_name(portal.CheckState, value.state),
        reason=value.reason or None,
        evidence=plain(value.evidence),
        what_would_be_done=value.what_would_be_done or None,
        can_fix=value.can_fix,
    )


def _fix(value: portal.Fix, context: str) -> Fix:
    return Fix(
        name=value.name,
        context=context,
        did=value.did or None,
        error=value.error or None,
        is_mended=value.after.state == portal.CHECK_STATE_OK,
        before=_check(value.before, context),
        after=_check(value.after, context),
    )


def _untouched(check: Check) -> Fix:
    return Fix(
        name=check.name,
        context=check.context,
        did=None,
        error=None,
        is_mended=False,
        before=check,
        after=check,
    )


def _well(check: portal.Check) -> portal.Check:
    return portal.Check(name=check.name, severity=check.severity, state=portal.CHECK_STATE_OK)
