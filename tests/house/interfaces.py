"""What docs/interfaces.md promises, and what the product has: routes, variables, commands."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache

from edge.app import build
from edge.config import Settings
from tests.house.sources import ROOT, SERVICES, committed, tree
from tests.ops.program import SETTINGS

VERBS = "GET|POST|PUT|PATCH|DELETE"
TEXT = (ROOT / "docs" / "interfaces.md").read_text()
_VARIABLE = re.compile(r"\bTB_[A-Z0-9_]*[A-Z0-9]\b")
_PROGRAMS = ("devstack", "bench", "bitrix-sim/b24sim", "libs", "gateway", "Makefile")
"""Where variables are read beside the settings of services: what starts them, and what is no service."""


@cache
def routes() -> set[tuple[str, str]]:
    """Every method and path that the gateway's own description names."""
    paths = build(Settings(secret_keys="")).openapi()["paths"]
    return {(verb.upper(), path) for path, verbs in paths.items() for verb in verbs}


def shape(path: str) -> str:
    """A path without the names of what varies in it."""
    return re.sub(r"\{[^/]*\}", "{}", path)


def exists(verb: str, named: str) -> bool:
    """Whether there is such a route; where a path varies, a document may have a value in it."""
    return any(
        verb == one and re.fullmatch(re.sub(r"\\{\\}", "[^/]+", re.escape(shape(path))), named)
        for one, path in routes()
    )


def group(path: str) -> str:
    """What a path is listed under: `/v1/admin/billing` of `/v1/admin/billing/plans/{code}`."""
    return "/".join(path.split("/")[:4])


def entries() -> list[str]:
    """The entries of the section "HTTP", each with what it stands for in the place of `...`."""
    section = TEXT.partition("\n## HTTP\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("* ")]


def is_described(verb: str, path: str) -> bool:
    """Whether an entry tells of a route: its group, its method and, as a part of a path, its last fixed part."""
    fixed = [part for part in path.split("/") if part and not part.startswith("{")]
    last = re.compile(rf"[/|`]{re.escape(fixed[-1])}(?![\w-])")
    for entry in entries():
        is_of_group = group(path) in entry or (path.endswith(".csv") and "portals.csv" in entry)
        has_verb = re.search(rf"\b{verb}\b", entry) is not None
        if is_of_group and has_verb and last.search(entry) and ("{" in entry or not path.endswith("}")):
            return True
    return False


def named_routes(text: str) -> Iterator[tuple[str, str]]:
    """Every method and full path that a document names; a path may have several methods, and alternatives."""
    for verbs, path in re.findall(rf"\b((?:{VERBS})(?:\|(?:{VERBS}))*) (/v1/[\w/{{}}|.-]+)", text):
        for verb in verbs.split("|"):
            for one in _alternatives(path.rstrip(".-")):
                yield verb, one


def _alternatives(path: str) -> list[str]:
    """`/logs/{backend|worker}` is one path, `/system/health|queue` are two."""
    path = re.sub(r"\{[^}]*\}", "{}", path)
    first, *others = path.split("|")
    return [first, *(first.rpartition("/")[0] + "/" + other for other in others)]


def read_variables() -> set[str]:
    """Every TB_ variable that a program of ours reads."""
    found = {f"TB_{field.name.upper()}" for settings in SETTINGS.values() for field in fields(settings)}
    for path in committed(".py"):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(_PROGRAMS) or "/tests/" in name:
            continue
        for node in ast.walk(tree(path)):
            found |= {name for name in _texts(node) if _VARIABLE.fullmatch(name)}
    return found


def _texts(node: ast.AST) -> list[str]:
    """A text of the sources; one with a gap, like `TB_{context.upper()}_GRPC`, is one for each context."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(
            values=[ast.Constant(value=str(before)), ast.FormattedValue(), ast.Constant(value=str(after))]
        ):
            return [f"{before}{context.upper()}{after}" for context in SERVICES]
    return []


def documented_variables() -> set[str]:
    """Every TB_ variable of the table "Environment"; `TB_X_FILE` stands for the file of any secret."""
    table = TEXT.partition("\n## Environment")[2].partition("\n## ")[0]
    first = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in first for name in _VARIABLE.findall(cell)} - {"TB_X", "TB_X_FILE"}


def mentioned_variables(text: str) -> set[str]:
    """Every TB_ variable that a text speaks of; a secret's file as the secret."""
    named = set(_VARIABLE.findall(text)) - {"TB_X", "TB_X_FILE"}
    return {name if name in documented_variables() else name.removesuffix("_FILE") for name in named}
