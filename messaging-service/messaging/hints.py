"""Why a request came to what it did, in a sentence, and what to look at. Pure."""

from messaging.domain import Outcome

_REASONS = {
    "unknown_portal": "No portal with this member_id has installed the app. If it has just been installed, the "
    "event is taken in by itself once the news arrives; else replay it after the install.",
    "wrong_token": "The application token is not the portal's. Either it was renewed (have the portal opened by "
    "its administrator, then replay) or somebody forges events: look at remote_ip.",
    "portal_suspended": "The portal is suspended: its messages are stored and left unanswered. Resume it.",
    "portal_uninstalled": "The app was removed from the portal.",
    "portal_dead": "The portal's credentials are dead. Send its administrator a link (authorize).",
    "not_mentioned": "In a group the bot answers only where it is mentioned.",
    "extranet": "The author is an extranet user, who gets no answer by rule.",
    "open_line": "It is of an open line, where the bot keeps silent by rule.",
    "bot_author": "A bot wrote it, perhaps ours; bots are not answered.",
    "system_message": "Bitrix24 itself wrote it.",
    "dismissed_author": "The author is dismissed.",
    "unknown_event": "The app does not use events of this name.",
    "unknown_button": "The button is not one of the bot's: it may be of an older release.",
    "reaction": "Reactions are noted and nothing more.",
    "context_opened": "The dialog was opened; nothing is owed for it.",
    "message_deleted": "A message was deleted that nobody waited for any more.",
    "text_unchanged": "The edit left the text as it was.",
    "edited_again": "A later edit came with it and counts instead.",
    "question_replaced": "The edit replaced a question that was still waiting.",
    "life_cycle": "It is of the app's life: portal was told of it.",
    "no_message_id": "It names no message: look at the body, its shape may have changed.",
    "no_dialog_id": "It names no dialog: look at the body, its shape may have changed.",
    "no_event": "The body has no field `event`: look at content_type and body.",
    "empty_body": "The body is empty: a probe, or a proxy that dropped it.",
    "too_large": "The body was longer than the gateway reads; what is stored is its beginning.",
    "too_many_keys": "The body has more fields than any event of Bitrix24.",
    "too_deep": "The body is nested deeper than any event of Bitrix24.",
    "not_json": "It claims to be JSON and is not.",
    "not_an_object": "It is JSON, but not an object.",
    "malformed": "The form's brackets do not close.",
    "duplicate_key": "The form has one field twice.",
    "key_conflict": "A field of the form is a value and a map at once.",
    "parser_failed": "Our reader failed: the log has the trace. Replay it after the fix.",
    "not_storable": "The database refused it: the log has the cause. Replay it after the fix.",
}


def of(outcome: Outcome, reason: str, *, is_cut: bool, is_proven: bool) -> list[str]:
    """Return the hints for a row."""
    found = [_REASONS[reason]] if reason in _REASONS else []
    if outcome is Outcome.DUPLICATE:
        found.append(f"It was taken in before ({reason}): Bitrix24, or the spool, sent it twice. Nothing is lost.")
    if is_cut and reason != "too_large":
        found.append("The stored body was cut (max_body_kb); what was read was whole. It cannot be replayed.")
    if outcome in {Outcome.UNPARSABLE, Outcome.ERROR} and not is_proven:
        found.append("Its token was not read, so a replay cannot prove it.")
    if not found:
        found = ["It was taken in."] if outcome is Outcome.ACCEPTED else [f"Its reason is {reason}."]
    return found
