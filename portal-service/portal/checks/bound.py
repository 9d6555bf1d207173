"""What of ours is on the portal: the bot and where its events go, handlers of events, placements."""

from typing import Any

from bitrix.errors import BitrixError
from bitrix.events import as_id, as_map, as_text
from portal import bindings
from portal.bindings import EVENTS, PLACES
from portal.bot_profile import CODE
from portal.checks import facts as ask
from portal.checks.application import silence
from portal.checks.authority import granted_scopes
from portal.checks.facts import Facts
from portal.checks.finding import Finding, failed, ok, skipped, unknown

_ENSURE = "Register the bot, or bring it up to date."


def bot_present(facts: Facts) -> Finding:
    """Tell whether the portal has a bot of ours, and the one that we know."""
    if (silent := silence(facts, _bots_method(facts))) is not None:
        return silent
    own = _own_bots(facts)
    ours = next((bot for bot in own if as_text(bot.get("code")) == CODE), None)
    stored = facts.portal.bot
    evidence: dict[str, Any] = {"stored_bot_id": stored.id, "stored_status": stored.state, "own_bots": len(own)}
    if ours is None:
        if facts.answer(ask.BOT_BY_CODE):
            human = "Another application took the bot's code: it has to go, or ours needs another code."
            return failed("The bot's code belongs to another application.", human=human, **evidence)
        return failed("The portal has no bot of ours.", fix=_ENSURE, **evidence)
    evidence["portal_bot_id"] = as_id(ours.get("id"))
    if (stored.id, stored.state) != (evidence["portal_bot_id"], "registered"):
        return failed("The portal's bot is not the one that we know.", fix=_ENSURE, **evidence)
    return ok(**evidence)


def bot_handler(facts: Facts) -> Finding:
    """Tell whether the bot's events are pushed to our address."""
    ours = next((bot for bot in _own_bots(facts) if as_text(bot.get("code")) == CODE), None)
    if ours is None:
        return silence(facts, _bots_method(facts)) or skipped("bot_present: there is no bot.")
    if facts.portal.bot.is_classic:
        return unknown("A classic bot does not tell where its events go.")
    mode, wanted = as_text(ours.get("eventMode")), facts.portal.settings.event_mode
    if mode != wanted:
        why = "The bot's events do not come the way that the settings say."
        return failed(why, fix=_ENSURE, event_mode=mode, wanted_mode=wanted)
    if mode == "fetch":
        return ok(event_mode=mode)
    if (silent := silence(facts, ask.EVENTS)) is not None:
        return silent
    bound = bindings.events(facts.rest_result(ask.EVENTS))
    addresses = sorted({one.handler for one in bound if one.name.startswith(("ONIMBOT", "ONIMCOMMAND"))})
    evidence: dict[str, Any] = {"event_mode": mode, "wanted": facts.wanted.events_url, "addresses": addresses}
    if not addresses:
        return unknown("The portal does not list where the bot's events go.", **evidence)
    if addresses != [facts.wanted.events_url]:
        return failed("The bot's events go to another address.", fix=_ENSURE, **evidence)
    return ok(**evidence)


def event_handlers(facts: Facts) -> Finding:
    """Tell whether events of the application's life come to our address, and to no other."""
    if (silent := silence(facts, ask.EVENTS)) is not None:
        return silent
    found, url = bindings.events(facts.rest_result(ask.EVENTS)), facts.wanted.events_url
    gone = bindings.missing(EVENTS, found, url)
    strays = sorted({one.handler for one in bindings.strays(EVENTS, found, url)})
    evidence: dict[str, Any] = {"wanted": url, "missing": gone, "elsewhere": strays}
    if gone or strays:
        fix = "Bind what is missing and unbind what leads elsewhere."
        return failed("Handlers of events are not as they should be.", fix=fix, **evidence)
    return ok(**evidence)


def placements_bound(facts: Facts) -> Finding:
    """Tell whether the app shows itself where it should, as far as scopes allow."""
    if (silent := silence(facts, ask.PLACES)) is not None:
        return silent
    granted, url = granted_scopes(facts), facts.wanted.placement_url
    codes = [place.code for place in PLACES if place.scope in granted or facts.live is None]
    found = bindings.places(facts.rest_result(ask.PLACES))
    gone = bindings.missing(codes, found, url)
    strays = sorted({one.handler for one in bindings.strays(codes, found, url)})
    evidence: dict[str, Any] = {"wanted": url, "places": codes, "missing": gone, "elsewhere": strays}
    if gone or strays:
        fix = "Bind what is missing and unbind what leads elsewhere."
        return failed("The app is not to be found where it should be.", fix=fix, **evidence)
    return ok(**evidence)


def _bots_method(facts: Facts) -> str:
    return ask.CLASSIC_BOTS if facts.portal.bot.is_classic else ask.OWN_BOTS


def _own_bots(facts: Facts) -> list[dict[str, object]]:
    if facts.portal.bot.is_classic:
        # An object keyed by id (contract 4.10).
        listed = map(as_map, as_map(facts.rest_result(ask.CLASSIC_BOTS)).values())
        return [{"id": bot.get("ID"), "code": bot.get("CODE")} for bot in listed]
    answer = facts.rest.get(ask.OWN_BOTS)
    if answer is None or isinstance(answer, BitrixError):
        return []
    bots = as_map(answer.result).get("bots")
    return [as_map(bot) for bot in bots] if isinstance(bots, list) else []
