"""Statements on embeddings of passages. Like the passages they are shown of one portal only (`chunks.enter`)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from kit.ids import NIL
from messaging.knowledge.document import HeldEmbedding, StoredPassage
from messaging.knowledge.fusion import OPENING, Vectors
from messaging.repository.chunks import LIVE, passage, passage_id


async def make_due(conn: AsyncConnection, portal_id: UUID, now: datetime) -> None:
    """Have the documents of a portal embedded anew; NIL: of everybody."""
    await conn.execute(
        sql("""
            UPDATE kb_documents SET embedding_due_at = :now
            WHERE (portal_id = :portal_id OR CAST(:portal_id AS uuid) = :nil) AND generation > 0
        """),
        {"portal_id": portal_id, "nil": NIL, "now": now},
    )


async def claim(conn: AsyncConnection, now: datetime, held_until: datetime, limit: int) -> list[HeldEmbedding]:
    """Hold up to `limit` documents that are due, of portals in turn: nobody else sees them as due until then."""
    rows = await conn.execute(
        sql("""
            WITH first AS (
                SELECT portal_id, id,
                       row_number() OVER (PARTITION BY portal_id ORDER BY embedding_due_at, id) AS place
                FROM kb_documents WHERE embedding_due_at <= :now AND generation > 0
            ), chosen AS (
                SELECT portal_id, id FROM first ORDER BY place, id LIMIT :limit
            ), picked AS (
                SELECT d.portal_id, d.id FROM kb_documents AS d JOIN chosen USING (portal_id, id)
                WHERE embedding_due_at <= :now FOR UPDATE OF d SKIP LOCKED
            )
            UPDATE kb_documents AS d SET embedding_due_at = :held_until
            FROM picked WHERE d.portal_id = picked.portal_id AND d.id = picked.id
            RETURNING d.portal_id, d.id, d.generation
        """),
        {"now": now, "held_until": held_until, "limit": limit},
    )
    return [HeldEmbedding(row.portal_id, row.id, row.generation, held_until) for row in rows]


async def move(conn: AsyncConnection, held: HeldEmbedding, due_at: datetime | None, error: str = "") -> bool:
    """Have a held document due at another moment, None: not any more. Returns whether it was still held."""
    statement = sql("""
        UPDATE kb_documents SET embedding_due_at = :due_at, embedding_error = :error
        WHERE portal_id = :portal_id AND id = :id AND generation = :generation AND embedding_due_at = :held_until
    """)
    given = {
        "portal_id": held.portal_id,
        "id": held.document_id,
        "generation": held.generation,
        "held_until": held.until,
        "due_at": due_at,
        "error": error,
    }
    return (await conn.execute(statement, given)).rowcount == 1


async def missing(conn: AsyncConnection, held: HeldEmbedding, model: str, limit: int) -> list[StoredPassage]:
    """Return the first passages of a document that have no embedding by a model."""
    rows = await conn.execute(
        sql(f"""
            {LIVE}
            LEFT JOIN kb_embeddings AS e
              ON e.portal_id = c.portal_id AND e.document_id = c.document_id AND e.generation = c.generation
              AND e.place = c.place
            WHERE c.portal_id = :portal_id AND c.document_id = :document_id AND c.generation = :generation
              AND e.model IS DISTINCT FROM :model
            ORDER BY c.place LIMIT :limit
        """),
        {
            "portal_id": held.portal_id,
            "document_id": held.document_id,
            "generation": held.generation,
            "model": model,
            "limit": limit,
        },
    )
    return [passage(row) for row in rows]


async def save(
    conn: AsyncConnection, held: HeldEmbedding, model: str, places: Sequence[int], vectors: Vectors
) -> None:
    """Store embeddings of passages in place of those by other models."""
    await conn.execute(
        sql("""
            INSERT INTO kb_embeddings (portal_id, document_id, generation, place, model, embedding)
            SELECT :portal_id, :document_id, :generation, place, :model, CAST(vector AS halfvec)
            FROM unnest(CAST(:places AS integer[]), CAST(:vectors AS text[])) AS new (place, vector)
            ON CONFLICT (portal_id, document_id, generation, place) DO UPDATE
            SET model = excluded.model, embedding = excluded.embedding
        """),
        {
            "portal_id": held.portal_id,
            "document_id": held.document_id,
            "generation": held.generation,
            "model": model,
            "places": list(places),
            "vectors": [_written(vector) for vector in vectors],
        },
    )


async def forget(conn: AsyncConnection, held: HeldEmbedding) -> None:
    """Delete the embeddings of a document."""
    statement = sql("DELETE FROM kb_embeddings WHERE portal_id = :portal_id AND document_id = :document_id")
    await conn.execute(statement, {"portal_id": held.portal_id, "document_id": held.document_id})


async def is_whole(conn: AsyncConnection, portal_id: UUID) -> bool:
    """Return whether all that a portal's answers come from is embedded."""
    statement = sql("""
        SELECT NOT EXISTS (
            SELECT FROM kb_documents
            WHERE portal_id = :portal_id AND embedding_due_at IS NOT NULL AND generation > 0
        )
    """)
    return bool(await conn.scalar(statement, {"portal_id": portal_id}))


async def nearest(
    conn: AsyncConnection, portal_id: UUID, model: str, vector: Vectors, limit: int
) -> dict[UUID, float]:
    """Return the passages of a portal whose meaning is nearest, by their ids, and how near.

    That is the mean of the cosines of a passage and, by OPENING, of its document's first one. Vectors of another
    size, from before a model was changed behind its name, are not compared.
    """
    rows = await conn.execute(
        sql("""
            WITH compared AS (
                SELECT e.document_id, e.place, 1 - (e.embedding <=> CAST(:vector AS halfvec)) AS cosine
                FROM kb_embeddings AS e
                JOIN kb_documents AS d
                  ON d.portal_id = e.portal_id AND d.id = e.document_id AND d.generation = e.generation
                WHERE e.portal_id = :portal_id AND e.model = :model AND vector_dims(e.embedding) = :size
            )
            SELECT document_id, place,
                   (cosine + CAST(:opening AS float8) * first_value(cosine) OVER of_document)
                   / (1 + CAST(:opening AS float8)) AS similarity
            FROM compared WINDOW of_document AS (PARTITION BY document_id ORDER BY place)
            ORDER BY similarity DESC LIMIT :limit
        """),
        {
            "portal_id": portal_id,
            "model": model,
            "vector": _written(vector),
            "size": len(vector),
            "opening": OPENING,
            "limit": limit,
        },
    )
    return {passage_id(row.document_id, row.place): row.similarity for row in rows}


def _written(vector: Vectors) -> str:
    return f"[{','.join(f'{number:.6g}' for number in vector)}]"
