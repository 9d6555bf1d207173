"""The engines of unit and contract tests: one Postgres with every schema, one Redis, a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from xdist.scheduler import LoadScopeScheduling

from devstack.database import CONTEXTS, bootstrap
from devstack.postgres import embedded_postgres
from devstack.redis import embedded_redis
from kit import migrate

ROOT = Path(__file__).parent
# As plain text: a traceback drawn with every local variable costs seconds.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)

LONGEST = ("ui", "e2e", "stacks", "ops", "devstack", "bench")
"""Folders of tests/ in the order in which processes take them; what is short fills the end up."""

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)


class Groups(LoadScopeScheduling):  # type: ignore[misc] # it ships no types
    """Gives a process what belongs together: a folder of tests/, whose tests share a product; else a file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.split("/")
        return folder[1] if folder[0] == "tests" else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Share the tests out. The marks of `--dist loadgroup` would do; this pytest does not show them to it."""
    return Groups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests are shared out, put what takes longest first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    folder = nodeid.split("/")
    return LONGEST.index(folder[1]) if folder[0] == "tests" and folder[1] in LONGEST else len(LONGEST)


@dataclass
class Clock:
    """A `now` that moves only when told."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        """Return the moment set."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


@pytest.fixture(scope="session")
async def admin_dsn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The superuser's DSN of the session's Postgres."""
    async with embedded_postgres(tmp_path_factory.mktemp("postgres") / "data", 0, durable=False) as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def dsns(admin_dsn: str) -> dict[str, str]:
    """Context -> DSN of its own role, with its schema migrated. Tests keep apart by fresh portal ids."""
    found = await bootstrap(admin_dsn, "tests")
    for context in CONTEXTS:
        folder = ROOT / f"{context}-service" / "migrations"
        await asyncio.to_thread(migrate.upgrade, folder, context, found[context])
    return found


@pytest.fixture(scope="session")
async def redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of the session's Redis."""
    async with embedded_redis(tmp_path_factory.mktemp("redis") / "data", 0) as url:
        yield url
