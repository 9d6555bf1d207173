"""What a migration may do while the release before runs on the same tables, judged by Postgres's own parser."""

import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pglast
from alembic.migration import MigrationContext
from alembic.operations import Operations
from pglast import ast
from pglast.enums import AlterTableType, ConstrType, ObjectType

_TAKEN_AWAY = {
    AlterTableType.AT_DropColumn: "drops a column that the release before reads",
    AlterTableType.AT_AlterColumnType: "changes a column's type: add another one",
    AlterTableType.AT_SetNotNull: "reads the table under its lock: add a CHECK NOT VALID, validate it later",
    AlterTableType.AT_DropConstraint: "drops a constraint that the release before counts on",
}
_DROPPED = {ObjectType.OBJECT_TABLE, ObjectType.OBJECT_INDEX, ObjectType.OBJECT_VIEW, ObjectType.OBJECT_SEQUENCE}


def sql(file: Path) -> str:
    """What a migration says to the database."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    said = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": said})
    with Operations.context(context):
        module.upgrade()
    return said.getvalue()


def problems(said: str) -> list[str]:
    """What the release before could not live with, or could not write during."""
    made: set[str] = set()
    found: list[str] = []
    for raw in pglast.parse_sql(said):
        statement: Any = raw.stmt
        if isinstance(statement, ast.CreateStmt):
            made.add(_table(statement))
        found += _of(statement, made)
    return found


def _of(statement: Any, made: set[str]) -> Iterator[str]:
    match statement:
        case ast.RenameStmt():
            yield f"renames {_table(statement)}"
        case ast.DropStmt() if ObjectType(statement.removeType or 0) in _DROPPED:
            yield f"drops {ObjectType(statement.removeType or 0).name}"
        case ast.TruncateStmt():
            yield "truncates"
        case ast.UpdateStmt() | ast.DeleteStmt() if _table(statement) not in made:
            yield f"rewrites the rows of {_table(statement)} in one transaction: a worker does that"
        case ast.IndexStmt() if _table(statement) not in made and not statement.concurrent:
            yield f"builds an index on {_table(statement)} while nobody may write: CONCURRENTLY"
        case ast.AlterTableStmt() if _table(statement) not in made:
            for command in statement.cmds or ():
                yield from _of_command(_table(statement), command)


def _table(statement: Any) -> str:
    return str(statement.relation.relname) if statement.relation else ""


def _of_command(table: str, command: Any) -> Iterator[str]:
    kind = AlterTableType(command.subtype)
    if kind in _TAKEN_AWAY:
        yield f"{table}: {_TAKEN_AWAY[kind]}"
    if kind is AlterTableType.AT_AddConstraint and not command.def_.skip_validation:
        yield f"{table}: checks all rows under its lock: NOT VALID"
    if kind is AlterTableType.AT_AddColumn:
        kinds = {ConstrType(one.contype) for one in command.def_.constraints or ()}
        if ConstrType.CONSTR_NOTNULL in kinds and ConstrType.CONSTR_DEFAULT not in kinds:
            yield f"{table}: a column that the release before does not fill needs a default"
