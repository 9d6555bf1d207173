"""Reading parameters that arrive typed from JSON or as strings from a form (contract 3.1)."""

from typing import Any

TRUE_WORDS = frozenset({"1", "Y", "TRUE"})


def as_int(value: Any, default: int = 0) -> int:
    """An id or a number; `default` where it is absent or not a number."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    return default


def as_text(value: Any) -> str:
    """A string; "" for absent values and containers."""
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)


def as_bool(value: Any, *, default: bool = False) -> bool:
    """true/false, Y/N, 1/0 (contract 3.1)."""
    if value is None:
        return default
    return value if isinstance(value, bool) else as_text(value).upper() in TRUE_WORDS


def as_map(value: Any) -> dict[str, Any]:
    """A map; {} for anything else, an empty PHP array included."""
    return value if isinstance(value, dict) else {}


def as_items(value: Any) -> list[Any]:
    """A list, also where a form wrote it as a map keyed 0, 1, ..."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return value
    return [] if value in {None, ""} else [value]
