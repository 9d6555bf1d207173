"""The PHP form codec: how Bitrix24 writes events and how PHP reads form bodies (contract 5.3)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import quote_plus

Value: TypeAlias = str | dict[str, "Value"]
Fields: TypeAlias = dict[str, Value]
Encodable: TypeAlias = str | int | float | bool | Mapping[str, "Encodable"] | Sequence["Encodable"] | None

MAX_BYTES: Final = 1024 * 1024
MAX_KEYS: Final = 5_000
MAX_DEPTH: Final = 12
CACHED_KEY_LENGTH: Final = 200

TOO_LARGE: Final = "too_large"
TOO_MANY_KEYS: Final = "too_many_keys"
TOO_DEEP: Final = "too_deep"
DUPLICATE_KEY: Final = "duplicate_key"
KEY_CONFLICT: Final = "key_conflict"
MALFORMED: Final = "malformed"

# a run of escapes is decoded at once: one Cyrillic word is one call, and no character is cut in two
_ESCAPES: Final = re.compile("(?:%[0-9a-fA-F]{2})+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A form body: nested maps of strings, or the reason it was refused (then `fields` is empty)."""

    fields: Fields
    error: str | None = None


class _RefusedError(Exception):
    """The body breaks a rule; the first argument is the code."""


def decode(body: bytes, max_bytes: int = MAX_BYTES) -> Decoded:
    """Read `a[b][c]=v&...` into nested maps; never raises, whatever the bytes (contract 5.3).

    Lists stay maps keyed "0", "1", ...: only the caller knows which field is a list (`events.as_ids`).
    Errors: too_large, too_many_keys, too_deep, duplicate_key, key_conflict (one path is both a value and a
    map), malformed (brackets that do not close, no name).
    """
    if len(body) > max_bytes:
        return Decoded({}, TOO_LARGE)
    if body.count(b"&") >= MAX_KEYS:
        return Decoded({}, TOO_MANY_KEYS)
    try:
        return Decoded(_nest(body.decode("utf-8", "replace").replace("\0", "").replace("+", " ").split("&")))
    except _RefusedError as refused:
        return Decoded({}, str(refused))


def encode(fields: Mapping[str, Encodable]) -> bytes:
    """PHP's http_build_query: True -> 1, False -> 0, None and empty containers absent, space -> +."""
    pairs: list[str] = []
    for name, value in fields.items():
        _append(pairs, _quoted_name(name), value)
    return "&".join(pairs).encode()


def _nest(pairs: list[str]) -> Fields:
    node = root = Fields()
    branch: tuple[str, ...] | None = ()
    next_index: dict[int, int] = {}
    for pair in pairs:
        if not pair:
            continue
        raw_key, _, value = pair.partition("=")
        path, last = _cached_path(raw_key) if len(raw_key) <= CACHED_KEY_LENGTH else _path(raw_key)
        if path != branch:  # neighbours mostly share a branch
            node = _descend(root, path, next_index)
            branch = None if "" in path else path
        last = last or _free_index(node, next_index)
        if last in node:
            raise _RefusedError(KEY_CONFLICT if isinstance(node[last], dict) else DUPLICATE_KEY)
        node[last] = _ESCAPES.sub(_unescape, value) if "%" in value else value
    return root


def _descend(root: Fields, path: tuple[str, ...], next_index: dict[int, int]) -> Fields:
    node = root
    for segment in path:
        child = node.setdefault(segment or _free_index(node, next_index), {})
        if isinstance(child, str):
            raise _RefusedError(KEY_CONFLICT)
        node = child
    return node


def _unescape(run: re.Match[str]) -> str:
    return bytes.fromhex(run[0].replace("%", "")).replace(b"\0", b"").decode("utf-8", "replace")


def _path(raw_key: str) -> tuple[tuple[str, ...], str]:
    """`data%5Bbot%5D%5Bid%5D` -> (("data", "bot"), "id"); "" stands for `[]`, the next free index."""
    key = _ESCAPES.sub(_unescape, raw_key)
    name, bracket, rest = key.partition("[")
    if not name:
        raise _RefusedError(MALFORMED)
    if not bracket:
        return (), name
    if not rest.endswith("]"):
        raise _RefusedError(MALFORMED)
    segments = rest[:-1].split("][")
    if any("[" in segment or "]" in segment for segment in segments):
        raise _RefusedError(MALFORMED)
    if len(segments) >= MAX_DEPTH:
        raise _RefusedError(TOO_DEEP)
    return (name, *segments[:-1]), segments[-1]


# Events repeat the same few hundred keys; long keys stay out so that a stranger cannot fill the memory.
_cached_path = lru_cache(maxsize=4096)(_path)


def _free_index(node: Fields, next_index: dict[int, int]) -> str:
    """The key PHP gives to `a[]=`: one more than the largest number so far."""
    index = next_index.get(id(node))
    if index is None:
        index = 1 + max((int(key) for key in node if key.isdecimal() and len(key) < 19), default=-1)
    while str(index) in node:
        index += 1
    next_index[id(node)] = index + 1
    return str(index)


def _append(pairs: list[str], key: str, value: Encodable) -> None:
    if isinstance(value, str):
        pairs.append(f"{key}={_quote(value)}")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _append(pairs, f"{key}%5B{_quoted_name(str(name))}%5D", item)
    elif isinstance(value, bool):
        pairs.append(f"{key}={value:d}")
    elif isinstance(value, int | float):
        pairs.append(f"{key}={_quote(str(value))}")
    elif value is not None:
        for index, item in enumerate(value):
            _append(pairs, f"{key}%5B{index}%5D", item)


def _quote(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text
    return quote_plus(text, errors="replace").replace("~", "%7E")


_quoted_name = lru_cache(maxsize=4096)(_quote)
