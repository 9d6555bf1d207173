"""The sources of the house: what is committed, and questions about Python's syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.ops.calls import SOURCES

ROOT = Path(__file__).parents[2]
SERVICES = {context: folder for context, folder in SOURCES.items() if context != "gateway"}
"""The four contexts with a schema and the package of each."""
GENERATED = ("proto/gen/", "admin-ui/src/shared/schema.d.ts")
"""What nobody writes by hand."""


@cache
def committed(*suffixes: str) -> tuple[Path, ...]:
    """Every file of these kinds that people wrote and git knows, uncommitted ones included."""
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *(f"*{one}" for one in suffixes),
    ]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    mine = {ROOT / name for name in named if not name.startswith(GENERATED)}
    return tuple(sorted(path for path in mine if path.is_file()))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def modules(package: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Every module of a package with its tree."""
    for path in sorted(package.rglob("*.py")):
        yield path, tree(path)


def tests() -> dict[Path, str]:
    """Every module that tests, with its text."""
    return {path: path.read_text() for path in committed(".py") if "tests" in path.relative_to(ROOT).parts}
