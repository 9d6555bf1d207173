"""The commands that documents show: fenced blocks of `sh`, and which tests run them."""

import ast
import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cache

from tests.house.sources import ROOT, committed, tree

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "admin-ui/README.md",
    "bitrix-sim/README.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:TB_\w+=\S+ )?(?:make|npm|kubectl|docker|kustomize|\.venv/bin/\w+|python -m) [^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    document: str
    kind: str
    text: str


@cache
def blocks() -> tuple[Block, ...]:
    """Every fenced block of every document."""
    found = []
    for document in DOCUMENTS:
        text = (ROOT / document).read_text()
        found += [Block(document, kind, body) for kind, body in _FENCE.findall(text)]
        assert text.count("\n```") == 2 * len(_FENCE.findall(text)), f"{document}: a fence that does not end"
    return tuple(found)


def block(document: str, begins: str) -> str:
    """The text of the one block of commands in a document that begins so."""
    [found] = [
        one for one in blocks() if (one.document, one.kind) == (document, "sh") and one.text.startswith(begins)
    ]
    return found.text


def run_by_tests() -> list[tuple[str, str]]:
    """Document and beginning of every block that a test takes in order to run it."""
    return [
        (str(document), str(begins))
        for path in committed(".py")
        if "tests" in path.relative_to(ROOT).parts and path.name.startswith("test_")
        for node in ast.walk(tree(path))
        for document, begins in _taken(node)
    ]


def _taken(node: ast.AST) -> list[tuple[object, object]]:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="commands"), attr="block"),
            args=[ast.Constant(value=document), ast.Constant(value=begins)],
        ):
            return [(document, begins)]
    return []


def inline(besides: Container[str]) -> set[str]:
    """Every command within a sentence or a table, but those of some documents."""
    texts = [_FENCE.sub("", (ROOT / document).read_text()) for document in DOCUMENTS if document not in besides]
    return {" ".join(command.split()) for text in texts for command in _INLINE.findall(text)}
