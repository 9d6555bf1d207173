"""What the OAuth server says: whether it answers, of the token, of scopes and of the portal's address."""

import re
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from bitrix.errors import BitrixError, Kind
from bitrix.oauth import AppInfo
from portal.checks.facts import OPEN_APP, Facts
from portal.checks.finding import Finding, failed, ok, skipped, unknown
from portal.domain import base_of
from portal.life import GONE, State

_NO_ANSWER = {Kind.UNKNOWN, Kind.TRANSPORT, Kind.SERVER, Kind.THROTTLE}
_REINSTALL = "The app must be installed again on the portal."
NEEDED: dict[str, tuple[set[str], str]] = {
    "imbot": ({"imbot"}, "the bot"),
    "im": ({"im"}, "the app in the messenger's sidebar"),
    "placement": ({"placement"}, "the app in the left menu"),
    "user_brief": ({"user_brief", "user_basic", "user"}, "the list of employees"),
}
"""Scope -> which scopes will do, and what is missing without."""


def is_away(answer: object) -> TypeGuard[BitrixError]:
    """Return whether the authorization server said nothing; a refusal is an answer, however it is dressed."""
    if not isinstance(answer, BitrixError):
        return False
    return answer.kind in _NO_ANSWER and answer.status not in {400, 401, 403}


def oauth_reachable(facts: Facts) -> Finding:
    """Tell whether the OAuth server answers at all; a refusal is an answer."""
    if facts.stored_token is None:
        return unknown("It was not asked.")
    answer, took_ms = facts.stored_token.answer, facts.stored_token.took_ms
    if is_away(answer):
        human = "Nothing on the portal: see whether the authorization server or the way to it is down."
        return failed("The authorization server does not answer.", human=human, code=answer.code, took_ms=took_ms)
    return ok(took_ms=took_ms)


def token_valid(facts: Facts) -> Finding:
    """Tell whether the stored access token is known as this portal's; that it ends after an hour is no fault."""
    if State(facts.portal.state) in GONE:
        return skipped("in_service: the application is not installed.")
    if facts.stored is None:
        return failed("The portal has no live token.", human=OPEN_APP, live_credentials=0)
    token = facts.stored.token
    evidence: dict[str, Any] = {
        "user_id": token.user_id,
        "expires_at": token.expires_at.isoformat(),
        "live_credentials": facts.stored.live,
    }
    answer = facts.stored_token.answer if facts.stored_token else None
    if isinstance(answer, AppInfo):
        return _whose(answer, facts, evidence)
    if token.expires_at <= facts.now:
        return ok(**evidence, is_expired=True)  # renewed with the next call (contract 2.2)
    if answer is None or is_away(answer):
        return unknown("oauth_reachable: the authorization server did not say.", **evidence)
    fix = "Use the new token that the refresh token brings." if facts.refreshed is True else ""
    if facts.refreshed is not True and facts.stored.live > 1:
        fix = "Use another administrator's token."
    return failed(
        "The authorization server does not know the token any more.",
        fix=fix,
        human="" if fix else OPEN_APP,
        code=answer.code,
        **evidence,
    )


def _whose(info: AppInfo, facts: Facts, evidence: dict[str, Any]) -> Finding:
    if (info.client_id, info.member_id) == (facts.client_id, facts.portal.member_id):
        return ok(**evidence)
    return failed(
        "The token is of another application or portal.", human=OPEN_APP, member_id=info.member_id, **evidence
    )


def refresh_works(facts: Facts) -> Finding:
    """Tell whether the refresh token brings a new pair: it has just been tried."""
    if facts.stored is None:
        return skipped("token_valid: there is no live token.")
    error = facts.refreshed
    if error is True:
        return ok()
    if error is None or is_away(error):
        return unknown("oauth_reachable: it could not be tried.", code=error.code if error else "")
    if error.kind is Kind.PLAN:
        return skipped("payment: without it no token is renewed.", code=error.code)
    evidence: dict[str, Any] = {"code": error.code, "live_credentials": facts.stored.live}
    if facts.stored.live > 1:
        fix = "Give this administrator's token up and use another administrator's."
        return failed("The authorization server refuses to renew the token.", fix=fix, **evidence)
    human = _REINSTALL if error.kind is Kind.UNINSTALLED else OPEN_APP
    return failed("The authorization server refuses to renew the token.", human=human, **evidence)


def scopes(facts: Facts) -> Finding:
    """Tell whether the portal granted all that the app needs."""
    if facts.live is None:
        return _not_told(facts)
    granted = granted_scopes(facts)
    gone = {name: why for name, (any_of, why) in NEEDED.items() if not any_of & granted}
    if not gone:
        return ok(granted=sorted(granted))
    human = "An administrator of the portal must update or reinstall the app and grant the scopes it asks for."
    return failed(f"Scopes are missing: {', '.join(gone)}.", human=human, granted=sorted(granted), missing=gone)


def granted_scopes(facts: Facts) -> set[str]:
    """Return the scopes of the live token; separated by commas or blanks (contract 1.4)."""
    return set(filter(None, re.split(r"[,\s]+", facts.live.scope))) if facts.live else set()


def domain_unchanged(facts: Facts) -> Finding:
    """Tell whether the portal answers where we call it."""
    if facts.live is None:
        return _not_told(facts)
    told = (facts.live.domain.lower(), base_of(facts.live.client_endpoint))
    if told == (facts.portal.domain, facts.portal.client_endpoint):
        return ok(domain=facts.portal.domain)
    return failed(
        "The portal has moved.",
        fix="Take the address that the authorization server tells.",
        stored=facts.portal.domain,
        told=told[0],
        told_host=urlsplit(told[1]).netloc,
    )


def _not_told(facts: Facts) -> Finding:
    if facts.stored_token and is_away(facts.stored_token.answer):
        return unknown("oauth_reachable: the authorization server did not say.")
    return skipped("token_valid: there is no live token.")
