"""What an event is: authentic or not, a message owed a reply or not, and why. Pure (contract 1.5, 5.4)."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

from bitrix.events import EventKind, WireEvent, mentions
from kit.ids import NIL
from messaging.domain import Amendment, Incoming, KnownPortal, Outcome, Reaction, Verdict
from messaging.parse import Parsed

MAX_TEXT = 100_000
_NOT_SERVED = {"uninstalled", "dead"}
_STRANGERS = {"extranet", "email", "collaber", "bot"}


def classify(parsed: Parsed, portal: KnownPortal | None) -> Verdict:
    """Return what an event is, for the portal that its member_id names."""
    event = parsed.event
    if parsed.error:
        return Verdict(Outcome.UNPARSABLE, parsed.error, NIL)
    if portal is None:
        return Verdict(Outcome.REFUSED, "unknown_portal", NIL, is_notice=_may_be_proven(event))
    if not parsed.is_fetched and not is_authentic(parsed, portal):
        # Whose event it claims to be is not believed: it stays under no portal.
        return Verdict(Outcome.REFUSED, "wrong_token", NIL, is_notice=_may_be_proven(event))
    if event.kind in _LIFE:
        return Verdict(Outcome.ACCEPTED, _LIFE[event.kind], portal.id, _key(event), is_notice=True)
    if portal.state in _NOT_SERVED:
        return Verdict(Outcome.IGNORED, f"portal_{portal.state}", portal.id)
    if judge := _JUDGES.get(event.kind):
        return judge(event, portal)
    return Verdict(Outcome.IGNORED, _IGNORED[event.kind], portal.id, _key(event))


_IGNORED = {
    EventKind.CONTEXT_GET: "context_opened",
    EventKind.OTHER: "unknown_event",
}


_BUTTONS = {"help"}
"""Commands that the bot puts on buttons."""

_LIFE = {EventKind.APP: "life_cycle", EventKind.BOT_DELETE: "bot_deleted"}
_PROVEN_BY_TOKEN = {"ONAPPINSTALL", "ONAPPUPDATE"}
"""Their access token proves them (contract 1.4): both bring an application token of their own."""


def _may_be_proven(event: WireEvent) -> bool:
    if event.name == "ONAPPPAYMENT":
        return True  # it carries no token at all, and is only a hint to look
    return event.name in _PROVEN_BY_TOKEN and bool(event.access_token)


def is_authentic(parsed: Parsed, portal: KnownPortal) -> bool:
    """Compare in constant time; only the top-level token counts, and an absent one never does."""
    return any([hmac.compare_digest(parsed.token_hash, valid) for valid in portal.token_hashes])  # noqa: C419 - all


def _message(event: WireEvent, portal: KnownPortal) -> Verdict:
    if not event.message.id:
        return Verdict(Outcome.UNPARSABLE, "no_message_id", portal.id)
    if not event.chat.dialog_id:
        return Verdict(Outcome.UNPARSABLE, "no_dialog_id", portal.id)
    reason = _why_silent(event, portal) or _why_not_addressed(event, portal)
    text = event.message.text if event.message.text.strip() or not event.message.file_ids else ""
    kind = "text" if text.strip() else "file" if event.message.file_ids else "text"
    return _stored(event, portal, f"m:{event.message.id}", kind, text, reason)


def _command(event: WireEvent, portal: KnownPortal) -> Verdict:
    if event.command.from_keyboard:
        return _button(event, portal)
    if not event.message.id or not event.chat.dialog_id:
        return Verdict(Outcome.UNPARSABLE, "no_message_id", portal.id)
    text = f"/{event.command.name} {event.command.params}".strip()
    # Contract 4.8: the same message may come as MESSAGEADD too, so both share one key.
    return _stored(event, portal, f"m:{event.message.id}", "command", text, _why_silent(event, portal))


def _edit(event: WireEvent, portal: KnownPortal) -> Verdict:
    """A question got another text. Where nobody waits for its answer any more, the new text is a new question."""
    if not event.message.id or not event.chat.dialog_id.strip():
        return Verdict(Outcome.UNPARSABLE, "no_message_id", portal.id)
    if reason := _why_silent(event, portal):
        return Verdict(Outcome.IGNORED, reason, portal.id, _key(event))
    stored = _stored(event, portal, _key(event), "text", event.message.text, _why_not_addressed(event, portal))
    return replace(stored, amends=Amendment.EDIT, amended_id=event.message.id)


def _deletion(event: WireEvent, portal: KnownPortal) -> Verdict:
    """A question was taken back."""
    if not event.message.id:
        return Verdict(Outcome.UNPARSABLE, "no_message_id", portal.id)
    verdict = Verdict(Outcome.IGNORED, "message_deleted", portal.id, _key(event))
    return replace(verdict, amends=Amendment.DELETE, amended_id=event.message.id)


def _button(event: WireEvent, portal: KnownPortal) -> Verdict:
    """A person pressed a button under a message of the bot: a command of his, with no message."""
    if event.command.name not in _BUTTONS:
        return Verdict(Outcome.IGNORED, "unknown_button", portal.id, _key(event))
    reason = _why_silent(event, portal, by_message=False)
    return _stored(event, portal, _key(event), "button", f"/{event.command.name}", reason)


def _join(event: WireEvent, portal: KnownPortal) -> Verdict:
    if not event.chat.dialog_id:
        return Verdict(Outcome.UNPARSABLE, "no_dialog_id", portal.id)
    reason = _why_silent(event, portal, by_message=False)
    return _stored(event, portal, f"j:{event.chat.dialog_id}:{event.sent_at}", "join", "", reason)


def _stored(event: WireEvent, portal: KnownPortal, key: str, kind: str, text: str, reason: str) -> Verdict:
    chat = event.chat
    if not chat.dialog_id.strip():
        return Verdict(Outcome.UNPARSABLE, "no_dialog_id", portal.id)
    author_id = event.actor.id or event.message.author_id
    message = Incoming(
        provider_dialog_id=chat.dialog_id.strip().lower(),
        provider_dialog_id_raw=chat.dialog_id,
        is_private=chat.is_private,
        provider_message_id=0 if kind in {"join", "button"} else event.message.id,
        author_id=author_id,
        departments=event.actor.departments,
        kind=kind,
        body=text[:MAX_TEXT],
    )
    outcome = Outcome.IGNORED if reason else Outcome.ACCEPTED
    return Verdict(outcome, reason, portal.id, key, message, "ignored" if reason else "pending")


def _why_silent(event: WireEvent, portal: KnownPortal, *, by_message: bool = True) -> str:
    """Return why this author gets silence, "" when he does not (contract 5.4, 7; traps 12, 13, 15)."""
    actor, message = event.actor, event.message
    if by_message and (message.is_system or not message.author_id):
        return "system_message"
    if actor.is_bot or actor.id == portal.bot_id or (by_message and message.author_id == portal.bot_id):
        return "bot_author"
    if event.chat.is_open_line or actor.is_connector:
        return "open_line"
    if actor.is_extranet or actor.type in _STRANGERS or event.chat.is_extranet:
        return "extranet"
    if not actor.is_active:
        return "dismissed_author"
    return "portal_suspended" if portal.state == "suspended" else ""


def _why_not_addressed(event: WireEvent, portal: KnownPortal) -> str:
    if event.chat.is_private or mentions(event.message.text, portal.bot_id or event.bot_id):
        return ""
    return "not_mentioned"


def _key(event: WireEvent) -> str:
    """Return what tells this event from any other of its portal (contract 5.7)."""
    text_hash = hashlib.sha256(event.message.text.encode()).hexdigest()[:16]
    parts: dict[EventKind, list[object]] = {
        EventKind.MESSAGE_UPDATE: ["u", event.message.id, text_hash],
        EventKind.MESSAGE_DELETE: ["d", event.message.id],
        EventKind.COMMAND_ADD: ["c", event.command.id, event.message.id, event.actor.id, event.sent_at],
        EventKind.REACTION_CHANGE: ["r", event.message.id, event.actor.id, event.reaction, event.sent_at],
        # Two probes of one second are two.
        EventKind.APP: [event.name, event.application.probe, event.actor.id, event.sent_at],
    }
    named = parts.get(event.kind, [event.name, event.chat.dialog_id, event.actor.id, event.sent_at])
    return ":".join(map(str, named))


def _reaction(event: WireEvent, portal: KnownPortal) -> Verdict:
    """Feedback, where a person of the portal gives it on a message of the bot."""
    verdict = Verdict(Outcome.IGNORED, "reaction", portal.id, _key(event))
    name, _, action = event.reaction.partition(":")
    is_ours = event.message.author_id in {0, portal.bot_id}
    if not is_ours or not event.message.id or not name or _why_silent(event, portal, by_message=False):
        return verdict
    return replace(verdict, reaction=Reaction(event.message.id, event.actor.id, name, action != "delete"))


_JUDGES: dict[EventKind, Callable[[WireEvent, KnownPortal], Verdict]] = {
    EventKind.MESSAGE_ADD: _message,
    EventKind.MESSAGE_UPDATE: _edit,
    EventKind.MESSAGE_DELETE: _deletion,
    EventKind.COMMAND_ADD: _command,
    EventKind.JOIN_CHAT: _join,
    EventKind.REACTION_CHANGE: _reaction,
}
