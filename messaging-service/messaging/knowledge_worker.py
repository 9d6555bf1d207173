"""The process that reads documents: `python -m messaging knowledge`."""

import asyncio

from kit import background, log, metrics, queue
from kit.clock import utc_now
from kit.config import read
from kit.dispatch import Dispatcher
from kit.process import run_tasks
from messaging.app import KNOWLEDGE_QUEUE, App
from messaging.config import Settings
from messaging.documents import INDEX
from messaging.embedding import MAX_RUNNING as MAX_EMBEDDED
from messaging.embedding import Embedder
from messaging.golden import ROUND_S, GoldenQuestions
from messaging.indexing import MAX_RUNNING, RENEW_S, Indexer
from messaging.storage import Storage

SWEEP_S = 2.0
"""How often documents are looked at without a ring: for those of dead workers, and while Redis is away."""
_COLLECT_S = 10.0


async def run(stop: asyncio.Event) -> None:
    """Work until stopped."""
    log.configure("knowledge-worker")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    indexer = Indexer(app.engine, Storage(app.settings.storage_url), utc_now)
    dispatcher = Dispatcher("documents", indexer.claim, indexer.read, MAX_RUNNING)
    embedder = Embedder(app.engine, app.answer_settings, app.embeddings, utc_now)
    embedding = Dispatcher("embeddings", embedder.claim, embedder.embed, MAX_EMBEDDED)
    golden = GoldenQuestions(app.engine, app.answering, utc_now)
    await run_tasks(
        stop,
        dispatcher.run(),
        embedding.run(),
        queue.run_worker(app.settings.redis_url, KNOWLEDGE_QUEUE, {INDEX: dispatcher.ring}),
        background.every(SWEEP_S, "sweep_documents", dispatcher.ring),
        background.every(SWEEP_S, "sweep_embeddings", embedding.ring),
        background.every(RENEW_S, "renew_documents", indexer.renew),
        background.every(_COLLECT_S, "collect_files", indexer.collect),
        background.every(ROUND_S, "golden_questions", golden.round),
    )
    await app.close()
