"""Whether a schema still has migrations to run.

Starting a service's `migrate` only to hear that there is nothing to do costs a second of processor time per
context, at every start. Alembic's answer to that question is a comparison: the newest revision among the
files with the one in `<schema>.alembic_version`.
"""

import ast
import importlib.util
from pathlib import Path

import asyncpg


async def pending(admin_dsn: str, context: str) -> bool:
    """Whether `python -m <context> migrate` has work; True whenever that cannot be told."""
    newest = head(context)
    return newest is None or newest != await _current(admin_dsn, context)


def head(context: str) -> str | None:
    """The newest revision among the migration files of `context`; None without files or with several heads."""
    package = importlib.util.find_spec(context)
    if package is None or package.origin is None:
        return None
    files = (Path(package.origin).parents[1] / "migrations" / "versions").glob("*.py")
    names = [_names(file) for file in files]
    revisions = {found.get("revision") for found in names}
    heads = revisions - {found.get("down_revision") for found in names}
    return heads.pop() if len(heads) == 1 else None


def _names(file: Path) -> dict[str, str]:
    found = {}
    for node in ast.parse(file.read_text()).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text)))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text)))
            ):
                found[name] = text
    return found


async def _current(admin_dsn: str, context: str) -> str | None:
    session = await asyncpg.connect(admin_dsn)
    try:
        table = f"{context}.alembic_version"
        if await session.fetchval("SELECT to_regclass($1) IS NULL", table):
            return None
        rows = await session.fetch(f"SELECT version_num FROM {table}")  # noqa: S608 - a context of ours
    finally:
        await session.close()
    return str(rows[0]["version_num"]) if len(rows) == 1 else None
