"""Every service has the inner plan of docs/house.md, and no file outgrows what a person can hold."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT, SERVICES, committed, modules, tree

HOUSE = (ROOT / "docs" / "house.md").read_text()
LACKS = {
    "billing": {"tables.py", "clients/"},  # every statement is written out as SQL; it calls nobody
}
"""What a service has no use for."""
LARGEST = 400
LISTED = {"libs/kit/kit/", "libs/bitrix/bitrix/", "gateway/edge/"}
"""Packages of which the tree names the modules."""
BESIDES = {"migrations", "tests", "pyproject.toml"}
"""What lies beside each service's package."""


def plan() -> list[str]:
    """The files of the table "Inner plan", as the house names them; one named for a subject is no name."""
    table = HOUSE.partition("### Inner plan")[2].partition("\n## ")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ") and "use-case" not in line]
    return [name for cell in first for name in re.findall(r"`([\w./]+)`", cell)]


def has(package: Path, name: str) -> bool:
    """Whether a package has a file of the plan; `repository.py` may have grown into a package."""
    return (package / name).exists() or (
        name == "repository.py" and (package / "repository" / "__init__.py").exists()
    )


def test_the_plan_is_read_from_the_house() -> None:
    assert {"__main__.py", "grpc_api.py", "clients/", "repository.py", "errors.py"} < set(plan())
    assert len(plan()) == 11


@pytest.mark.parametrize("context", SERVICES)
def test_a_service_has_every_file_of_the_plan(context: str) -> None:
    package = SERVICES[context]

    assert {name for name in plan() if not has(package, name)} == LACKS.get(context, set())
    assert {name for name in BESIDES if not (package.parent / name).exists()} == set()


@pytest.mark.parametrize("context", SERVICES)
def test_statements_are_made_in_the_repository_alone(context: str) -> None:
    makers = {"text", "select", "insert", "update", "delete", "sql"}
    strays = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, module in modules(SERVICES[context])
        if "repository" not in path.relative_to(SERVICES[context]).as_posix() and path.name != "tables.py"
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("sqlalchemy", "kit.db"))
        and makers & {alias.name for alias in node.names}
    ]

    assert strays == []


@pytest.mark.parametrize("context", SERVICES)
def test_settings_are_one_frozen_dataclass_and_nothing_else_reads_the_environment(context: str) -> None:
    made = [node for node in tree(SERVICES[context] / "config.py").body if isinstance(node, ast.ClassDef)]
    readers = {
        path.name
        for path, module in modules(SERVICES[context])
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }

    assert [one.name for one in made] == ["Settings"]
    assert "frozen=True" in ast.unparse(made[0].decorator_list[0])
    # A library's thread pool is told before it is loaded how to wait: that is no setting of ours.
    assert readers == ({"embeddings.py"} if context == "messaging" else set())


def test_no_file_is_larger_than_a_person_can_hold() -> None:
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in committed(".py", ".ts", ".tsx", ".mjs", ".css", ".proto")
    }

    assert len(lines) > 900
    assert {name: count for name, count in lines.items() if count > LARGEST} == {}
    assert sum(count < 150 for count in lines.values()) > 0.75 * len(lines)
    assert sum(count < 250 for count in lines.values()) > 0.95 * len(lines)


def test_the_tree_of_the_house_is_there() -> None:
    drawn = [
        line.split() for line in HOUSE.partition("## The tree\n```text\n")[2].partition("```")[0].splitlines()
    ]
    packages = {words[0]: words[1:] for words in drawn if words[0] in LISTED}
    paths = {one for words in drawn if words[0] not in packages for word in words for one in expanded(word)}
    paths |= {f"{folder}{one}" for folder, words in packages.items() for word in words for one in expanded(word)}

    assert packages.keys() == LISTED
    assert sum("/" in path for path in paths) > 60
    assert {path for path in paths if not found(path)} == set()


def expanded(word: str) -> list[str]:
    """What a word of the tree means: `{a,b}/c` is `a/c` and `b/c`; a word without a folder or a suffix is none."""
    word = word.rstrip(",;:")
    if braces := re.search(r"{([^{}]*)}", word):
        return [path for one in braces[1].split(",") for path in expanded(word.replace(braces[0], one))]
    return [word] if re.fullmatch(r"[\w.*/-]+", word) else []


def found(path: str) -> bool:
    """Whether there is such a file or folder; a module is named without its suffix, a word alone is a word."""
    path = path.replace("NNNN", "0*")
    return "/" not in path or any(ROOT.glob(path)) or any(ROOT.glob(f"{path}.py"))
