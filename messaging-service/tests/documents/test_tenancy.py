"""No question, statement or index of one portal reaches passages of another."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from messaging.repository import chunks


@dataclass
class Tenants:
    """Portals whose documents share most of their words, each with a mark of its own."""

    knowledge: Any
    portals: list[Any]
    documents: dict[UUID, set[UUID]]
    mark_of: dict[UUID, str]
    words: list[str]


@pytest.fixture
async def tenants(service: Any, knowledge: Any) -> Tenants:
    portals = [await service.portal() for _ in range(4)]
    marks = {portal.id: f"метка{number}" for number, portal in enumerate(portals)}
    documents: dict[UUID, set[UUID]] = {}
    for portal in portals:
        texts_of = [f"{part}\n\n{marks[portal.id]} и конец." for part in (knowledge.vacation, knowledge.travel)]
        read = [await knowledge.read(portal, f"{n}.md", content) for n, content in enumerate(texts_of)]
        documents[portal.id] = {UUID(one.id) for one in read}
    words = sorted({*knowledge.vacation.split(), *knowledge.travel.split(), *marks.values(), "биткоин", "jngecr"})
    return Tenants(knowledge, portals, documents, marks, words)


async def test_no_statement_sees_passages_of_a_portal_that_it_did_not_name(service: Any, knowledge: Any) -> None:
    portal, other = await service.portal(), await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await knowledge.read(other, "Командировки.md", knowledge.travel)

    async with knowledge.engine.begin() as conn:
        nobodys = (await conn.execute(text("SELECT portal_id FROM kb_chunks"))).all()
        await chunks.enter(conn, portal.id)
        seen = (await conn.execute(text("SELECT portal_id FROM kb_chunks"))).all()
        changed = (await conn.execute(text("UPDATE kb_chunks SET body = ''"))).rowcount
        await conn.rollback()

    assert nobodys == []
    assert {row.portal_id for row in seen} == {portal.id}
    assert changed == len(seen)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_question_of_one_portal_finds_anything_of_another(tenants: Tenants, data: st.DataObject) -> None:
    """Whatever is asked: words of the portal's own documents, of another's, or of nobody's."""
    asking = data.draw(st.sampled_from(tenants.portals))
    words = data.draw(st.lists(st.sampled_from(tenants.words), min_size=1, max_size=8))

    version = (await tenants.knowledge.base.versions([asking.id]))[asking.id]
    found = await tenants.knowledge.base.search(asking.id, version, " ".join(words), 50) or []

    assert {one.passage.document_id for one in found} <= tenants.documents[asking.id]
    assert all(tenants.mark_of[asking.id] in one.passage.text for one in found)
