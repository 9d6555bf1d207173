"""What a backup is made of: one dump of the four schemas, the documents' files, the spool, and a manifest.

Keys are never part of it: whoever has a backup cannot read a token, and whoever restores one needs the keys that
the manifest names by their fingerprints.
"""

import contextlib
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import ObjectStore, from_url

from devstack import postgres, secret_keys
from devstack.database import CONTEXTS, Session
from devstack.errors import StackError
from devstack.settings import Settings
from devstack.spawn import spawn

DUMP, DOCUMENTS, SPOOL, MANIFEST = "database.dump", "documents", "spool", "manifest.json"
_PART = 8 * 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    made_at: str
    key_fingerprints: list[str]
    tables: dict[str, list[str]]
    """`schema.table` -> how many rows it has and what they sum to, in the snapshot of the dump."""

    def write(self, folder: Path) -> None:
        """Put it beside what it describes."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The one of a backup. Raises StackError."""
        try:
            return cls(**json.loads((folder / MANIFEST).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise StackError(f"{folder} is no backup: {error}") from None


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The administrator's DSN: of the server that is named, of the embedded one that runs, or of it started."""
    data_dir = settings.run_dir / "postgres"
    if settings.postgres_dsn is not None:
        yield settings.postgres_dsn
    elif (port := _port_in_use(data_dir)) and await postgres.is_ready(data_dir, port):
        yield postgres.admin_dsn(data_dir, port)
    else:
        async with postgres.embedded_postgres(data_dir, 0, durable=True) as dsn:
            yield dsn


def _port_in_use(data_dir: Path) -> int | None:
    try:
        return int((data_dir / "postmaster.pid").read_text().splitlines()[3])
    except (OSError, IndexError, ValueError):
        return None


async def sums(session: Session) -> dict[str, list[str]]:
    """Rows and a sum over them, of each table of the four schemas; partitions count as their table."""
    tables = await session.fetch(
        """
        SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2
        """,
        list(CONTEXTS),
    )
    found = {}
    for schema, name in tables:
        row = await session.fetchrow(
            f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM "{schema}"."{name}" t'  # noqa: S608 - the catalogue's names
        )
        assert row is not None
        found[f"{schema}.{name}"] = [str(value) for value in row]
    return found


async def run(tool: str, arguments: Sequence[str | Path], dsn: str, settings: Settings) -> None:
    """Run `pg_dump` or `pg_restore` against a database. Raises StackError naming its log."""
    parts = urlsplit(dsn)
    log = settings.run_dir / "logs" / f"{tool}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    where = ["-h", parts.hostname or "", "-p", str(parts.port or 5432), "-U", unquote(parts.username or "")]
    program = postgres.program(tool, settings.run_dir / "postgres")
    process = await spawn(
        [program, *where, "-d", parts.path.lstrip("/"), *arguments],
        log,
        env={**postgres.ENVIRONMENT, "PGPASSWORD": unquote(parts.password or "")},
    )
    if await process.wait() != 0:
        raise StackError(f"{tool} failed, see {log}")


def copy_documents(source: str, target: str) -> None:
    """Copy every file that the target lacks. Files are never changed, only added and deleted.

    Not by obstore's calls for asyncio: its threads still let go of Python objects when those have returned, and
    where the interpreter ends meanwhile they abort the process: of 1 500 that ended at once, 263 did.
    """
    here, there = _store(source), _store(target)
    known = {one["path"] for page in obstore.list(there) for one in page}
    for page in obstore.list(here):
        for path in (one["path"] for one in page if one["path"] not in known):
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile, and by its owner
                found = obstore.get(here, path)
                copy = obstore.open_writer(there, path)
                for part in found.stream(min_chunk_size=_PART):
                    copy.write(part)
                copy.close()  # not by `with`, which would keep half of what breaks off


def _store(url: str) -> ObjectStore:
    return from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)


def copy_spool(source: Path, target: Path) -> None:
    """Copy what the gateway took and messaging does not have yet."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*"):
        with contextlib.suppress(FileNotFoundError):  # drained meanwhile: the dump has it
            if file.is_file():
                shutil.copy2(file, target / file.name)


def keys_of(settings: Settings) -> list[str]:
    """The key ring of this stack, newest first."""
    return (settings.secret_keys or secret_keys.load_or_make(settings.run_dir)).split(",")


def fingerprint(key: str) -> str:
    """What tells one key from another and nothing of either."""
    return hashlib.sha256(f"teachbase backup {key}".encode()).hexdigest()[:16]
