"""Whether a start may leave a context's `migrate` out."""

import importlib
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from devstack.database import CONTEXTS, bootstrap
from devstack.migrations import head, pending
from devstack.postgres import embedded_postgres


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migration files of a context called `shop`."""
    package = tmp_path / "shop-service" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    folder = tmp_path / "shop-service" / "migrations" / "versions"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(package.parent))
    importlib.invalidate_caches()
    return folder


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_newest_revision_is_the_one_that_alembic_names(context: str) -> None:
    script = ScriptDirectory(str(Path(__file__).parents[2] / f"{context}-service" / "migrations"))

    assert head(context) == script.get_current_head()


def test_the_newest_revision_is_the_one_that_nothing_follows(versions: Path) -> None:
    (versions / "b.py").write_text('revision: str = "b"\ndown_revision: str | None = "a"\n')
    (versions / "a.py").write_text('revision = "a"\ndown_revision = None\n')

    assert head("shop") == "b"


def test_what_cannot_be_told_is_left_to_alembic(versions: Path) -> None:
    assert head("shop") is None
    assert head("no_such_context") is None

    (versions / "a.py").write_text('revision = "a"\ndown_revision = None\n')
    (versions / "b.py").write_text('revision = "b"\ndown_revision = None\n')

    assert head("shop") is None


async def test_migrations_are_pending_until_the_schema_has_the_newest(tmp_path: Path, versions: Path) -> None:
    (versions / "a.py").write_text('revision = "a"\ndown_revision = None\n')
    async with embedded_postgres(tmp_path / "postgres", 0, durable=False) as admin_dsn:
        dsns = await bootstrap(admin_dsn, "secret", ["shop"])
        fresh = await pending(admin_dsn, "shop")
        session = await asyncpg.connect(dsns["shop"])
        await session.execute("CREATE TABLE alembic_version (version_num text)")
        await session.execute("INSERT INTO alembic_version VALUES ('a')")
        await session.close()
        migrated = await pending(admin_dsn, "shop")
        (versions / "b.py").write_text('revision = "b"\ndown_revision = "a"\n')
        behind = await pending(admin_dsn, "shop")

    assert (fresh, migrated, behind) == (True, False, True)
