"""No portal sees, changes or outlives another: on every route and in every table that has `portal_id`."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from devstack.postgres import admin_dsn
from tests.e2e.product import Product, eventually

CONTEXTS = ("portal", "messaging", "delivery", "billing")
COLUMNS = """
    SELECT n.nspname AS context, c.relname AS name FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE a.attname = 'portal_id' AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname = ANY($1) ORDER BY 1, 2
"""
INDEXES = """
    SELECT n.nspname || '.' || c.relname AS name, i.relname AS index_name, x.indisprimary,
           a.attname AS first_column
    FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid JOIN pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
    WHERE n.nspname = ANY($1) AND NOT c.relispartition
"""
KEPT = {
    "portal.audit_log": "what the vendor's staff did",
    "portal.portal_life": "when it was installed, renamed and removed: domains and states only",
    "portal.deletion_reports": "the proof of the deletion",
    "portal.portal_changes": "the feed: ids only",
    "portal.portal_application_tokens": "hashes: events that come late are told from forged ones",
    "portal.portal_probes": "when the portal was last proven alive",
    "messaging.purges": "that it was purged",
    "messaging.second_looks": "a timer of ten minutes",
    "delivery.purges": "that it was purged",
    "billing.purges": "that it was purged",
    "delivery.lanes": "that nothing is sent there",
    "billing.portal_billing": "the plan",
    "billing.reservations": "the anonymised ledger: ids of replies",
    "billing.usage_counters": "the anonymised ledger",
    "billing.usage_events": "the anonymised ledger",
    "billing.usage_days": "the anonymised ledger",
    "billing.model_uses": "the anonymised ledger: ids of replies",
    "billing.usage_drifts": "whether the ledger adds up",
    "billing.limit_alerts": "which limits were reached",
    "billing.limit_overrides": "the plan",
    "billing.portal_billing_log": "the plans it was on",
}
"""What stays of a portal whose data was deleted, and why; no name, text or id of a person is in it."""
NO_FILTER = {
    "/v1/admin/portals",
    "/v1/admin/portals.csv",
    "/v1/admin/users",
    "/v1/admin/inbound-events/usage",
    "/v1/admin/billing/activity",
    "/v1/admin/billing/drifts",
}
"""Portals, the vendor's staff, and what each portal takes, does and counts: no filter by portal."""
NOT_BY_PORTAL = {
    "portal.audit_log": "the log of the vendor's staff, of all portals; a portal is one of its filters",
    "portal.portal_changes": "the feed, in the order of its ids",
    "delivery.outcomes": "the feed, in the order of its ids",
    "billing.limit_alerts": "the feed, in the order of its ids",
}


@pytest.fixture
async def database(product: Product) -> AsyncIterator["asyncpg.Connection[Any]"]:
    port = int(product.environment["TB_POSTGRES_PORT"])
    connection = await asyncpg.connect(admin_dsn(product.run_dir / "postgres", port))
    yield connection
    await connection.close()


class Tenant:
    """A portal with people and messages that carry its mark."""

    def __init__(self, product: Product, mark: str) -> None:
        self.product, self.mark = product, mark
        self.portal: dict[str, Any] = {}
        self.portal_id = self.token = ""

    async def move_in(self) -> "Tenant":
        people = [
            {"id": 1, "name": self.mark, "last_name": "Первая", "admin": True},
            {"id": 2, "name": self.mark, "last_name": "Второй"},
        ]
        self.portal = await self.product.portal(users=people, domain=f"{self.mark.lower()}.b24.test")
        installed = await self.product.install(self.portal, [1, 2])
        self.portal_id = installed["complete"]["portal_id"]
        self.token = installed["complete"]["portal_token"]
        asked = await self.product.write(self.portal, 2, f"Вопрос {self.mark}")

        async def answered() -> bool:
            shown = await self.product.visible(self.portal, "2")
            return any(one["from_bot"] and one["id"] > asked for one in shown)

        await eventually(answered, what="the answer")
        return self

    @property
    def marks(self) -> list[str]:
        return [self.mark, self.mark.lower(), self.portal_id, self.portal["member_id"]]


@pytest.fixture
async def tenants(product: Product) -> tuple[Tenant, Tenant]:
    number = product.sim_url.rpartition(":")[2]
    names = await _fresh_names(product, number)
    return await Tenant(product, names[0]).move_in(), await Tenant(product, names[1]).move_in()


async def test_a_portals_session_finds_nothing_of_another_portal(
    product: Product, tenants: tuple[Tenant, Tenant]
) -> None:
    mine, theirs = tenants
    dialogs = (await product.admin("/dialogs", portal_id=theirs.portal_id))["items"]
    ids = [theirs.portal_id, *(one["id"] for one in dialogs)]
    before = await _seen_by(theirs)

    leaks = []
    asked = 0
    for method, path in await _routes(product, "/v1/portal/"):
        for foreign_id in ids:
            answer = await _ask(product, mine.token, method, _filled(path, foreign_id), foreign_id)
            asked += 1
            leaks += [(method, path, mark) for mark in theirs.marks if mark in answer.text]
    finalize = {"portal_id": theirs.portal_id, "selected_user_ids": [1]}
    url = f"{product.url}/v1/bitrix/install/finalize"
    headers = {"authorization": f"Bearer {mine.token}"}
    refused = await product.http.post(url, json=finalize, headers=headers)

    assert asked > 20
    assert leaks == []
    assert refused.status_code == 403
    assert await _seen_by(theirs) == before


async def test_a_list_filtered_by_portal_holds_that_portal_only(
    product: Product, tenants: tuple[Tenant, Tenant]
) -> None:
    mine, theirs = tenants
    leaks, found = [], Counter[str]()
    for method, path in await _routes(product, "/v1/admin/"):
        if method != "GET" or "{" in path:
            continue
        answer = await product.admin_answer(path.removeprefix("/v1/admin"), portal_id=mine.portal_id)
        is_json = answer.headers["content-type"].startswith("application/json")
        items = answer.json().get("items", []) if answer.status_code == 200 and is_json else []
        if path in NO_FILTER:
            continue
        found[path] = len(items)
        leaks += [(path, mark) for mark in theirs.marks if mark in answer.text]

    assert found["/v1/admin/messages"] >= 2
    assert found["/v1/admin/events"] >= 1
    assert found["/v1/admin/outbox"] >= 1
    assert leaks == []


async def test_every_key_and_index_of_a_tenants_table_begins_with_the_portal(
    database: "asyncpg.Connection[Any]", tenants: tuple[Tenant, Tenant]
) -> None:
    assert tenants
    tenant_tables = {f"{row['context']}.{row['name']}" for row in await database.fetch(COLUMNS, CONTEXTS)}
    wrong = [
        (row["name"], row["index_name"], row["first_column"])
        for row in await database.fetch(INDEXES, CONTEXTS)
        if row["name"] in tenant_tables - set(NOT_BY_PORTAL) and row["first_column"] != "portal_id"
    ]

    assert len(tenant_tables) > 15
    assert wrong == []


async def test_a_purge_takes_every_row_of_one_portal_and_none_of_another(
    product: Product, database: "asyncpg.Connection[Any]", tenants: tuple[Tenant, Tenant]
) -> None:
    gone, stays = tenants
    for tenant in tenants:
        for queue in ("messaging", "delivery"):
            paused = await product.admin_post(
                f"/portals/{tenant.portal_id}/queues/{queue}/pause", reason="for a test"
            )
            paused.raise_for_status()
    before = await _rows(database, stays)

    path = f"{product.url}/v1/admin/portals/{gone.portal_id}"
    (await product.http.delete(path, headers=await product.admin_headers())).raise_for_status()

    async def purged() -> bool:
        return not set(await _rows(database, gone)) - set(KEPT)

    with contextlib.suppress(AssertionError):  # what is left says more than that it took too long
        await eventually(purged, seconds=60)
    assert {name: count for name, count in (await _rows(database, gone)).items() if name not in KEPT} == {}
    after = await _rows(database, stays)
    assert {name: count for name, count in before.items() if after.get(name, 0) < count} == {}
    named = [name for name in KEPT if await _names(database, name, gone)]
    assert named == []
    for queue in ("messaging", "delivery"):
        (await product.admin_post(f"/portals/{stays.portal_id}/queues/{queue}/resume")).raise_for_status()


async def _rows(database: "asyncpg.Connection[Any]", tenant: Tenant) -> dict[str, int]:
    """Rows of a portal by table, where there are any."""
    tables = [f"{row['context']}.{row['name']}" for row in await database.fetch(COLUMNS, CONTEXTS)]
    counts = {
        name: await database.fetchval(
            f"SELECT count(*) FROM {name} WHERE portal_id = $1",
            tenant.portal_id,
        )
        for name in tables
    }
    return {name: count for name, count in counts.items() if count}


async def _names(database: "asyncpg.Connection[Any]", table: str, tenant: Tenant) -> bool:
    """Whether what stays of a portal names one of its people or repeats a word of theirs."""
    if not await database.fetchval("SELECT to_regclass($1) IS NOT NULL", table):
        return False
    rows = await database.fetch(
        f"SELECT CAST(t AS text) FROM {table} AS t WHERE portal_id = $1",
        tenant.portal_id,
    )
    return any(tenant.mark in row[0] for row in rows)


async def _seen_by(tenant: Tenant) -> list[Any]:
    """What a portal's administrator sees of it."""
    paths = ("/v1/portal/settings", "/v1/portal/allowed-users")
    return [(await _ask(tenant.product, tenant.token, "GET", path, "")).json() for path in paths]


async def _routes(product: Product, prefix: str) -> list[tuple[str, str]]:
    api = (await product.http.get(f"{product.url}/openapi.json")).json()
    return [
        (method.upper(), path)
        for path, operations in api["paths"].items()
        if path.startswith(prefix)
        for method in operations
    ]


def _filled(path: str, foreign_id: str) -> str:
    while "{" in path:
        path = f"{path[: path.index('{')]}{foreign_id}{path[path.index('}') + 1 :]}"
    return path


async def _ask(product: Product, token: str, method: str, path: str, foreign_id: str) -> Any:
    body = {"portal_id": foreign_id, "document_id": foreign_id, "user_ids": [1, 2], "question": "?", "query": "?"}
    headers = {"authorization": f"Bearer {token}"}
    query = {"portal_id": foreign_id} if foreign_id else None
    url = f"{product.url}{path}"
    return await product.http.request(
        method, url, params=query, headers=headers, json=None if method == "GET" else body
    )


async def _fresh_names(product: Product, number: str) -> tuple[str, str]:
    """Marks that no other test of this run has used."""
    taken = len((await product.sim("GET", "/portals"))["items"])
    return f"Mine{number}x{taken}", f"Theirs{number}x{taken}"
