"""Every migration from the first release on lets the release before run on, and write."""

from pathlib import Path

import pytest

from tests.ops.cluster import ROOT
from tests.ops.migration_rules import problems, sql

NOT_JUDGED = {"portal": "0008", "messaging": "0010", "delivery": "0004", "billing": "0003"}
"""The newest of each before there was a release: nobody has data that is older."""
FILES = sorted(ROOT.glob("*-service/migrations/versions/*.py"))


def _judged(file: Path) -> bool:
    return file.name.partition("_")[0] > NOT_JUDGED[file.parents[2].name.removesuffix("-service")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parents[2].name}/{file.stem}")
def test_a_migration_expands_or_is_older_than_any_release(file: Path) -> None:
    said = sql(file)

    assert said.strip(), "it says something"
    if _judged(file):
        assert problems(said) == []


def test_the_rules_read_migrations_as_they_are() -> None:
    older = {file.stem: problems(sql(file)) for file in FILES}

    assert any("drops a column" in one for one in older["0004_accounts"])
    assert any("CONCURRENTLY" in one for one in older["0007_lists"])
    assert older["0005_revisions"] == []
    assert older["0004_lease"] == []  # NOT VALID
    assert older["0002_model_uses"] == []  # a table of its own


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("ALTER TABLE t DROP COLUMN a", "drops a column"),
        ("ALTER TABLE t RENAME COLUMN a TO b", "renames t"),
        ("ALTER TABLE t RENAME TO u", "renames t"),
        ("ALTER TABLE t ALTER COLUMN a TYPE bigint", "changes a column's type"),
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "NOT VALID"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "NOT VALID"),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL", "needs a default"),
        ("CREATE INDEX i ON t (a)", "CONCURRENTLY"),
        ("DROP TABLE t", "drops OBJECT_TABLE"),
        ("DROP INDEX i", "drops OBJECT_INDEX"),
        ("TRUNCATE t", "truncates"),
        ("UPDATE t SET a = 1", "rewrites the rows of t"),
        ("CREATE TABLE t (a int); ALTER TABLE u DROP COLUMN a", "u: drops a column"),
    ],
)
def test_what_would_break_the_release_before_is_found(said: str, problem: str) -> None:
    assert any(problem in one for one in problems(said))


@pytest.mark.parametrize(
    "said",
    [
        "CREATE TABLE t (a int); CREATE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0; ALTER TABLE t ADD COLUMN b text",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
    ],
)
def test_what_only_adds_is_let_through(said: str) -> None:
    assert problems(said) == []
