"""`python -m devstack backup FOLDER`: what cannot be made again, while the stack runs (docs/backup.md)."""

import asyncio
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from devstack import archive
from devstack.database import CONTEXTS
from devstack.environment import storage_url
from devstack.errors import StackError
from devstack.output import say
from devstack.settings import Settings


async def backup(settings: Settings, folder: Path, environment: Mapping[str, str]) -> None:
    """Write a backup into `folder`, which must not exist; it appears when it is whole. Raises StackError."""
    fresh = _aside(folder)
    url, copied = storage_url(settings, environment), (fresh / archive.DOCUMENTS).as_uri()
    # An event leaves the spool when the database has it, so the spool comes first: twice is the same event.
    await asyncio.to_thread(archive.copy_spool, settings.run_dir / "spool", fresh / archive.SPOOL)
    # Before the dump for what is deleted during it, and after it for what came meanwhile.
    await asyncio.to_thread(archive.copy_documents, url, copied)
    async with archive.database(settings) as dsn:
        await _dump(dsn, settings, fresh)
    await asyncio.to_thread(archive.copy_documents, url, copied)
    fresh.rename(folder)
    say(f"backup: {folder}; the keys (TB_SECRET_KEYS) are not in it: keep them elsewhere")


def _aside(folder: Path) -> Path:
    if folder.exists():
        raise StackError(f"{folder} exists already")
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    return fresh


async def _dump(dsn: str, settings: Settings, folder: Path) -> None:
    session = await asyncpg.connect(dsn)
    try:
        # The dump and the sums see the same moment.
        async with session.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await session.fetchval("SELECT pg_export_snapshot()")
            schemas = [f"--schema={context}" for context in CONTEXTS]
            target = ["--format=custom", f"--file={folder / archive.DUMP}", f"--snapshot={snapshot}"]
            await archive.run("pg_dump", [*target, *schemas], dsn, settings)
            prints = [archive.fingerprint(key) for key in archive.keys_of(settings)]
            made_at = datetime.now(UTC).isoformat(timespec="seconds")
            archive.Manifest(made_at, prints, await archive.sums(session)).write(folder)
    finally:
        await session.close()
