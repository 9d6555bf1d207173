"""Statements on what models cost."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import Price
from kit.db import sql


async def current(conn: AsyncConnection, now: datetime, models: Collection[str] | None = None) -> dict[str, Price]:
    """Return the price that counts at a moment of each of these models, or of all."""
    rows = await conn.execute(
        sql("""
            SELECT DISTINCT ON (model) model, valid_from, prompt_minor, completion_minor, currency
            FROM model_prices
            WHERE valid_from <= :now AND (CAST(:models AS text[]) IS NULL OR model = ANY(:models))
            ORDER BY model, valid_from DESC
        """),
        {"now": now, "models": None if models is None else list(models)},
    )
    return {row.model: Price(*row) for row in rows}


async def insert(conn: AsyncConnection, price: Price) -> None:
    """Have a price count from its moment on."""
    await conn.execute(
        sql("""
            INSERT INTO model_prices (model, valid_from, prompt_minor, completion_minor, currency)
            VALUES (:model, :valid_from, :prompt_minor, :completion_minor, :currency)
            ON CONFLICT (model, valid_from) DO UPDATE SET prompt_minor = excluded.prompt_minor,
                completion_minor = excluded.completion_minor, currency = excluded.currency
        """),
        vars(price),
    )


async def unpriced(conn: AsyncConnection, since: datetime) -> list[str]:
    """Return models that were asked since a moment and had no price."""
    rows = await conn.scalars(
        sql("""
            SELECT DISTINCT model FROM model_uses
            WHERE created_at >= :since AND cost_micro IS NULL
              AND NOT EXISTS (SELECT 1 FROM model_prices AS p WHERE p.model = model_uses.model)
            ORDER BY model LIMIT 100
        """),
        {"since": since},
    )
    return list(rows.all())
