"""An answering with a scripted model behind it, and one passage that every question finds."""

from typing import Any
from uuid import uuid4

from messaging.answer_settings import AnswerSettingsBook
from messaging.answering import FEATURES, Answering
from messaging.clients.endpoint import Endpoint, Endpoints
from messaging.clients.model import Models
from messaging.knowledge.answer import Answer, Found
from messaging.knowledge.document import StoredPassage
from messaging.knowledge.prompt import Turn
from tests.scripted_model import ScriptedModel, statements

VACATION = "Ежегодный отпуск составляет 28 календарных дней. Заявление подают за две недели до начала отпуска."
QUESTION = "за сколько подают заявление на отпуск"
GOOD = statements(("Заявление подают за две недели до начала отпуска.", 1, "Заявление подают за две недели"))


class Documents:
    """One passage, found by every question, as well as `coverage` says."""

    def __init__(self) -> None:
        self.coverage = 0.9
        self.asked: list[str] = []
        self.passage = StoredPassage(
            id=uuid4(),
            document_id=uuid4(),
            title="Отпуска",
            heading="Отпуска",
            text=VACATION,
            place=0,
            filename="Отпуска.docx",
            path=("Отпуска",),
            page=3,
            page_breaks=(),
            starts=0,
            ends=len(VACATION),
        )

    async def versions(self, portal_ids: Any) -> dict[Any, int]:
        return dict.fromkeys(portal_ids, 1)

    async def curated(self, _portal_id: Any, _version: int, _question: str) -> None:
        return None

    async def cold(self, _portal_ids: Any) -> set[Any]:
        return set()

    async def search(self, _portal_id: Any, _version: int, query: str, _limit: int) -> list[Found]:
        self.asked.append(query)
        return [Found(self.passage, 0.9, self.coverage, query)]


class Stage:
    """An answering with a model behind it."""

    def __init__(self, app: Any, model: ScriptedModel, clock: Any) -> None:
        self.model, self.documents, self.now = model, Documents(), 0.0
        self.endpoints = Endpoints(lambda: self.now, most_s=0.5)
        base = Endpoint(model.url, "key", ("first",))
        self.settings = AnswerSettingsBook(app.engine, app.keyring, base, clock)
        documents: Any = self.documents
        self.answering = Answering(documents, self.settings, Models(self.endpoints))
        self.portal_id = uuid4()

    async def ask(self, question: str = QUESTION, *said: Turn, features: frozenset[str] = FEATURES) -> Answer:
        async def history() -> list[Turn]:
            return list(said)

        return await self.answering.answer(self.portal_id, 1, question, history, features)

    async def give_document_to(self, service: Any, portal: Any) -> None:
        """An answer that quotes a document that is gone is not given."""
        await service.execute(
            """
            INSERT INTO kb_documents (portal_id, id, filename, size, sha256, uploaded_by, created_at, updated_at)
            VALUES (:portal_id, :id, 'Отпуска.docx', 1, '', 1, now(), now())
            """,
            portal_id=portal.id,
            id=self.documents.passage.document_id,
        )
