"""Edits and deletions: what they do to a question depends on whether somebody still waits for its answer.

Before the answer an edit replaces the text and a deletion cancels the question; after it an edit is a question of
its own. Either may overtake the message itself, which is then known already when it comes.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.domain import Amendment, Outcome, Verdict
from messaging.repository import amend as statements
from messaging.repository.amend import Place
from messaging.repository.inbox import Judged, Owners


def key_of(message_id: int) -> str:
    """Return the key of a message, whichever event brings it (contract 4.8)."""
    return f"m:{message_id}"


def originals(judged: Sequence[Judged]) -> list[Judged]:
    """Return edits and deletions as the messages that they amend, to take their keys.

    Who takes a key waits for who is storing that message right now, and has it where the message never came.
    """
    edits, deletions = (_last_of_each(judged, kind) for kind in (Amendment.EDIT, Amendment.DELETE))
    return [_as_original(one) for one in (deletions | edits).values()]


async def apply(conn: AsyncConnection, judged: Sequence[Judged], owners: Owners) -> list[Judged]:
    """Carry out the edits and deletions of a batch whose messages are stored; returns what each event came to.

    An edit that is a question of its own keeps its message, for the caller to store.
    """
    edits, deletions = (_last_of_each(judged, kind) for kind in (Amendment.EDIT, Amendment.DELETE))
    texts = {
        place: one.verdict.message.body
        for place, one in edits.items()
        if one.verdict.message and owners[_key(place)] != one.raw.id
    }
    replaced = await statements.replace_pending(conn, texts) if texts else set()
    told = await statements.newest_texts(conn, list(texts)) if texts.keys() - replaced else {}
    cancelled = await statements.cancel_pending(conn, list(deletions)) if deletions else set()

    def came_to(one: Judged) -> Verdict:
        verdict, place = one.verdict, _place(one)
        if verdict.amends is Amendment.DELETE:
            return replace(verdict, outcome=Outcome.ACCEPTED) if place in cancelled else verdict
        if edits[place] is not one:
            return replace(verdict, outcome=Outcome.IGNORED, reason="edited_again", message=None)
        if place in replaced:
            return replace(verdict, outcome=Outcome.ACCEPTED, reason="question_replaced", message=None)
        if place in told and told[place] == texts[place]:
            return replace(verdict, outcome=Outcome.IGNORED, reason="text_unchanged", message=None)
        return verdict

    return [replace(one, verdict=came_to(one)) if one.verdict.amends else one for one in judged]


def _last_of_each(judged: Sequence[Judged], kind: Amendment) -> dict[Place, Judged]:
    return {_place(one): one for one in judged if one.verdict.amends is kind}


def _place(one: Judged) -> Place:
    return one.verdict.portal_id, one.verdict.amended_id


def _key(place: Place) -> tuple[UUID, str]:
    return place[0], key_of(place[1])


def _as_original(one: Judged) -> Judged:
    return replace(one, verdict=replace(one.verdict, key=key_of(one.verdict.amended_id)))
