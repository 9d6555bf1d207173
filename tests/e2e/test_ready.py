"""Readiness while an engine hangs, the worst kind of away: it is named, and events are taken all the same."""

import pytest

from tests.e2e.product import Product, eventually


@pytest.mark.parametrize("engine", ["postgres", "redis"])
async def test_an_engine_that_hangs_is_named_and_events_are_taken(product: Product, engine: str) -> None:
    with product.frozen(engine):
        await eventually(lambda: _fails(product, [engine]), 10, f"/ready naming {engine}")
        taken = await product.post_event(b"event=ONX")
        while_away = await product.http.get(f"{product.url}/ready")

    await eventually(lambda: _fails(product, []), 15, "/ready being 200 again")
    row = await eventually(lambda: _row(product, taken.json()["trace_id"]), 15, "the event's row")

    assert taken.status_code == 200
    assert (while_away.status_code, while_away.json()["status"]) == (503, "not_ready")
    assert row["outcome"] == "refused"


async def test_a_context_that_is_killed_is_named(product: Product) -> None:
    product.kill("billing")

    await eventually(lambda: _fails(product, ["billing"]), 5, "/ready naming billing")
    await eventually(lambda: _fails(product, []), 20, "/ready being 200 again")


async def _fails(product: Product, names: list[str]) -> bool:
    answer = await product.http.get(f"{product.url}/ready")
    return answer.status_code == (503 if names else 200) and answer.json()["failing"] == names


async def _row(product: Product, trace_id: str) -> dict[str, str] | None:
    rows: list[dict[str, str]] = (await product.admin("/inbound-events", trace_id=trace_id))["items"]
    return rows[0] if rows else None
