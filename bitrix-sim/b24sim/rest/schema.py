"""What the official schemas say of a call: the platform forgives most of it, a test of the product should not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

SPEC: Final[dict[str, Any]] = {
    name.lower(): method
    for name, method in orjson.loads((Path(__file__).parent / "spec.json").read_bytes())["methods"].items()
}
TOKENS: Final = {"auth", "access_token", "botToken"}
FLAGS: Final = {"Y", "N", "y", "n", "1", "0", "true", "false", ""}

# A form writes everything as text, and an empty list or map not at all (contract 5.3).
_IS: Final[dict[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
    "integer": lambda value: not isinstance(value, bool) and str(value).lstrip("-").isdecimal(),
    "boolean": lambda value: isinstance(value, bool) or str(value) in FLAGS,
    "object": lambda value: isinstance(value, dict) or value == [],
    "array": lambda value: isinstance(value, list | dict),
    "datetime": lambda value: isinstance(value, str),
    "any": lambda _value: True,
}


def mistakes(method: str, params: dict[str, Any]) -> list[str]:
    """Return what the schema of a method (lower case) objects to; [] also where there is no schema."""
    spec = SPEC.get(method)
    return list(_check(spec, spec["params"], params, "", is_open=False)) if spec else []


def _check(
    spec: dict[str, Any], known: dict[str, Any], given: dict[str, Any], path: str, *, is_open: bool
) -> Iterator[str]:
    for name, wanted in known.items():
        if wanted.get("required") and given.get(name, "") in (None, ""):
            yield f"{path}{name} is missing"
    for name, value in given.items():
        if name not in known:
            if not is_open and name not in TOKENS:
                yield f"{path}{name} is unknown"
            continue
        wanted = known[name]
        if value is not None and not _IS[wanted["type"]](value):
            yield f"{path}{name} is no {wanted['type']}"
        elif isinstance(value, dict) and (inner := spec.get("defs", {}).get(wanted.get("fields"))):
            yield from _check(spec, inner["fields"], value, f"{path}{name}.", is_open=inner["open"])
