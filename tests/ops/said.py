"""Reads out of the sources what services say to the vendor's staff: the sentences that the console translates."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PACKAGES = (
    "portal-service/portal",
    "messaging-service/messaging",
    "delivery-service/delivery",
    "billing-service/billing",
    "gateway/edge",
    "libs/kit/kit",
    "libs/bitrix/bitrix",
)
_SPEAKERS = (
    "*/*/errors.py",
    "*/*/diagnose.py",
    "portal-service/portal/checks/*.py",
    "portal-service/portal/health.py",
    "portal-service/portal/mend.py",
    "portal-service/portal/daily_probe.py",
    "portal-service/portal/probes.py",
    "messaging-service/messaging/hints.py",
    "delivery-service/delivery/schedule.py",
    "delivery-service/delivery/lanes.py",
    "gateway/edge/auth.py",
    "gateway/edge/diagnosis.py",
    "gateway/edge/drain.py",
    "gateway/edge/filters.py",
    "gateway/edge/log_files.py",
    "gateway/edge/loki.py",
    "gateway/edge/routes/admin_*.py",
    "gateway/edge/session_cookie.py",
    "gateway/edge/set_aside.py",
    "gateway/edge/system.py",
    "libs/bitrix/bitrix/transport.py",
    "libs/kit/kit/errors.py",
    "libs/kit/kit/interceptors.py",
    "libs/kit/kit/queue_pauses.py",
)
"""Modules all of whose sentences are for people."""
_FIELDS = {"cause", "next_step", "human", "fix", "did", "what_would_be_done"}
"""What is given to one of these by name is for people, whichever module gives it."""
_NOT_SAID = {"sql", "debug", "info", "warning", "error", "get", "post", "put", "patch", "delete", "Query", "cast"}
"""Calls whose texts go into a statement, a log, the API's description or a type."""
PLACE = re.compile(r"{[^{}]*}")
"""A value within a sentence."""


def sentences() -> dict[str, str]:
    """Return every sentence with its values as `{}`, and where it stands."""
    speakers = {path for pattern in _SPEAKERS for path in ROOT.glob(pattern)}
    found: dict[str, str] = {}
    for package in _PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text())
            nodes = _all(tree) if path in speakers else _given(tree)
            for node in nodes:
                if sentence := _sentence(node):
                    found.setdefault(sentence, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def checks() -> set[str]:
    """Return the names of a diagnosis's checks."""
    found: set[str] = set()
    for name in ("portal-service/portal/checks/catalog.py", "messaging-service/messaging/diagnose.py"):
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Check", "Finding"}:
                first = node.args[0]
                assert isinstance(first, ast.Constant)
                found.add(str(first.value))
    return found | {"queue_moving"}


def _all(tree: ast.AST) -> Iterator[ast.expr]:
    """Every text of a module but docstrings and what is not said to anybody."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Call) and _name(node.func) in _NOT_SAID:
            continue
        if isinstance(node, ast.Constant | ast.JoinedStr):
            yield node
        else:
            yield from _all(node)


def _given(tree: ast.AST) -> Iterator[ast.expr]:
    """What is given to a field for people, in a call or before it under the field's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _FIELDS:
            yield from _all(node)
        if isinstance(node, ast.Assign) and any(_name(target) in _FIELDS for target in node.targets):
            yield from _all(node)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _sentence(node: ast.expr) -> str:
    """Return the sentence of a text, "" where it is a code, a path or a mere frame of values."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    else:
        assert isinstance(node, ast.Constant)
        text = PLACE.sub("{}", node.value) if isinstance(node.value, str) else ""
    text = re.sub(r"^[a-z_]+: ", "", text)  # of which check it is a matter: the console names that by itself
    words = len(re.findall(r"(?<!\S)[A-Za-z][\w'-]*", text))
    is_begun = bool(re.match(r"[A-Z{]", text)) and "SELECT" not in text
    is_ended = text.endswith((".", "?")) and bool(re.match(r"[A-Za-z{]", text))
    is_open = is_begun and (words > 3 or text.endswith(": {}"))
    return text if words > 1 and (is_ended or is_open) else ""
