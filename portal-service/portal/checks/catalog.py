"""Every check of this context with its weight, in the order in which fixers run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from portal.checks import application, authority, bound, own
from portal.checks.facts import Facts
from portal.checks.finding import Finding, Severity, bounded, unknown

log = structlog.get_logger("checks")


@dataclass(frozen=True)
class Check:
    """One question about a portal."""

    name: str
    severity: Severity
    judge: Callable[[Facts], Finding]


CATALOG = (
    Check("oauth_reachable", Severity.ERROR, authority.oauth_reachable),
    Check("refresh_works", Severity.ERROR, authority.refresh_works),
    Check("token_valid", Severity.ERROR, authority.token_valid),
    Check("domain_unchanged", Severity.ERROR, authority.domain_unchanged),
    Check("breaker_closed", Severity.ERROR, own.breaker_closed),
    Check("rest_answers", Severity.ERROR, application.rest_answers),
    Check("payment", Severity.ERROR, application.payment),
    Check("app_installed", Severity.ERROR, application.app_installed),
    Check("in_service", Severity.ERROR, application.in_service),
    Check("scopes", Severity.ERROR, authority.scopes),
    Check("token_rights", Severity.WARNING, application.token_rights),
    Check("bot_present", Severity.ERROR, bound.bot_present),
    Check("bot_handler", Severity.ERROR, bound.bot_handler),
    Check("event_handlers", Severity.WARNING, bound.event_handlers),
    Check("placements_bound", Severity.WARNING, bound.placements_bound),
    Check("events_arriving", Severity.ERROR, own.events_arriving),
    Check("allowlist_not_empty", Severity.ERROR, own.allowlist),
    Check("clock_in_step", Severity.WARNING, application.clock_in_step),
)

Findings = Mapping[str, Finding]
"""By the checks' names, in their order."""


def judge(facts: Facts) -> Findings:
    """Make every check; one that breaks is unknown and nobody else's."""
    return {check.name: _judge(check, facts) for check in CATALOG}


def _judge(check: Check, facts: Facts) -> Finding:
    try:
        finding = check.judge(facts)
        return replace(finding, evidence=bounded(finding.evidence))
    except Exception as error:
        log.error("check broke", check=check.name, portal_id=str(facts.portal.id), exc_info=error)
        return unknown("The check itself broke; the cause is in the log.", error=type(error).__name__)
