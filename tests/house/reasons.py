"""Every code that an error of the product may carry, read from the protos and the sources."""

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
from google.protobuf.descriptor import FileDescriptor

import edge.errors
from kit.errors import DomainError
from tests.house.sources import ROOT, SERVICES, committed, modules

GATEWAY = ROOT / "gateway" / "edge"
LOCALES = ROOT / "admin-ui" / "src"


def published(context: str) -> set[str]:
    """The reasons of a context's proto."""
    module = importlib.import_module(f"teachbase.{context}.v1.{context}_pb2")
    descriptor: FileDescriptor = module.DESCRIPTOR
    names = {one.name for one in descriptor.enum_types_by_name["ErrorReason"].values}
    return {name.removeprefix("ERROR_REASON_") for name in names} - {"UNSPECIFIED"}


def declared(module: str) -> dict[str, type[DomainError]]:
    """The errors of a module of errors, by their reason."""
    found = vars(importlib.import_module(module)).values()
    mine = [one for one in found if isinstance(one, type) and one.__module__ == module and hasattr(one, "reason")]
    return {one.reason: one for one in mine if issubclass(one, DomainError)}


def raised(package: Path) -> set[str]:
    """The names of the classes that a package raises, or hands on to be raised."""
    return {name for _, module in modules(package) for node in ast.walk(module) for name in _raised(node)}


def _raised(node: ast.AST) -> Iterator[str]:
    made = node.exc if isinstance(node, ast.Raise) else node
    if isinstance(made, ast.Call):
        made = made.func
    elif not isinstance(node, ast.Raise):
        return
    if isinstance(made, ast.Name | ast.Attribute):
        yield made.id if isinstance(made, ast.Name) else made.attr


def of_the_gateway() -> dict[str, set[int]]:
    """The codes that the gateway itself answers with, and the status of each."""
    found: dict[str, set[int]] = {name: {status} for status, name in edge.errors._NAMES.items()}
    for _, module in modules(GATEWAY):
        for node in ast.walk(module):
            match node:
                case ast.Call(
                    func=ast.Name(id="ApiError" | "envelope"),
                    args=[ast.Constant(value=int(status)), ast.Constant(value=str(code)), *_],
                ):
                    found.setdefault(code, set()).add(status)
    return found


def answered() -> dict[str, set[int]]:
    """Every code of the HTTP interface with the statuses that it comes with."""
    found = of_the_gateway()
    for module in ("kit.errors", *(f"{context}.errors" for context in SERVICES)):
        for reason, error in declared(module).items():
            found.setdefault(reason.lower(), set()).add(http_status(error.status))
    return found


def http_status(status: grpc.StatusCode) -> int:
    """What the gateway makes of a status of gRPC."""
    return edge.errors._HTTP.get(status, 502)


def documented() -> dict[str, set[int]]:
    """The table of codes in docs/interfaces.md."""
    text = (ROOT / "docs" / "interfaces.md").read_text()
    table = text.partition("## Errors\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\d, ]+) \| \S.* \|$", table, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| `(?!error`)", table, re.MULTILINE)), (
        "a row is not `code` | status | meaning"
    )
    assert len(dict(rows)) == len(rows), "a code stands twice"
    return {code: set(map(int, statuses.split(","))) for code, statuses in rows}


def worded(app: str, language: str) -> set[str]:
    """The codes for which an app has words of its own."""
    folder = LOCALES / app / "locales"
    known = set(json.loads((folder / f"{language}.json").read_text())["problems"]) - {"title", "unknown"}
    if app == "portal":  # what is wrong with a file is said beside it
        known |= set(json.loads((folder / f"knowledge.{language}.json").read_text())["uploads"]["refused"])
    return known


def codes_of_the_browser() -> set[str]:
    """The words that modules of the user interface know which make problems themselves, where no answer came."""
    texts = [path.read_text() for path in committed(".ts", ".tsx") if LOCALES in path.parents]
    return {word for text in texts if "new Problem(" in text for word in re.findall(r'"([a-z_\d]+)"', text)}
