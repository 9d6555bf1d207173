"""What an administrator writes by hand and has asked again: kept, changed, accepted and taken away over HTTP."""

import uuid
from typing import Any

import pytest

from tests.e2e.product import Product, eventually
from tests.e2e.test_knowledge import Company, vacation_docx

QUESTION = "За сколько подавать заявление на отпуск?"


@pytest.fixture
async def company(product: Product) -> Company:
    return await Company(product).move_in()


async def listed(company: Company, path: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await company.call("GET", path, params=query)).json()["items"]
    return items


async def test_a_curated_answer_is_listed_as_it_was_last_written_until_it_is_deleted(company: Company) -> None:
    body = {"question": "Где офис?", "answer": "Баумана, 7"}
    written = (await company.call("POST", "curated", json=body)).json()
    before = await listed(company, "curated")

    changed = await company.call("PUT", f"curated/{written['id']}", json={**body, "answer": "Кремлёвская, 1"})
    after = await listed(company, "curated")
    deleted = [(await company.call("DELETE", f"curated/{written['id']}")).status_code for _ in range(2)]

    assert before == [written]
    assert changed.status_code == 200
    assert after == [changed.json()]
    assert (after[0]["id"], after[0]["answer"]) == (written["id"], "Кремлёвская, 1")
    assert deleted == [204, 204]
    assert await listed(company, "curated") == []


async def test_a_golden_question_shows_that_its_answer_changed_until_that_is_accepted(company: Company) -> None:
    await company.upload("Отпуска.docx", vacation_docx())
    added = await company.call("POST", "golden", json={"question": QUESTION})

    async def is_asked() -> Any:
        [one] = await listed(company, "golden")
        return one["accepted"]

    accepted = await eventually(is_asked, 30, "the first answer")
    [document] = await listed(company, "documents")
    await company.call("DELETE", f"documents/{document['id']}")
    [changed] = await eventually(lambda: listed(company, "golden", changed="true"), 30, "the change")
    right = await company.call("POST", f"golden/{changed['id']}/accept")
    left = await listed(company, "golden", changed="true")
    deleted = [(await company.call("DELETE", f"golden/{changed['id']}")).status_code for _ in range(2)]
    too_late = await company.call("POST", f"golden/{uuid.uuid4()}/accept")

    assert added.status_code == 201
    assert "за две недели" in accepted["answer"]
    assert (changed["id"], changed["accepted"]) == (added.json()["id"], accepted)
    assert right.status_code == 200
    assert right.json()["accepted"] == changed["current"]
    assert left == []
    assert deleted == [204, 204]
    assert await listed(company, "golden") == []
    assert (too_late.status_code, too_late.json()["error"]) == (404, "golden_not_found")
