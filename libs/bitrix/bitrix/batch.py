"""Many calls in one request (contract 3.3)."""

from collections.abc import Iterable, Sequence
from typing import Any

from bitrix import phpform
from bitrix.client import Answer, Call
from bitrix.decisions import failure, refusal
from bitrix.errors import BitrixError
from bitrix.events import as_map

MAX_COMMANDS = 50
MAX_BYTES = 1_000_000
"""Of the commands of one request. Ours: texts grow sixfold when they are encoded, and PHP caps a body (8 MB)."""
_ALONE = {"batch", "imbot.v2.file.upload", "imbot.v2.file.download"}

Outcome = Answer | BitrixError


def pack(calls: Sequence[Call]) -> list[list[int]]:
    """Return places of `calls`, in their order, gathered into requests; a place by itself travels as it is.

    What holds a `$` anywhere travels alone: in a batch the platform would put another command's result in the
    place of `$result[...]`, whoever wrote it. So does what a query cannot say: null, an empty list or map.
    """
    packs: list[list[int]] = []
    room = 0
    for place, call in enumerate(calls):
        if not may_join(call):
            packs.append([place])
            room = 0
            continue
        size = len(_command(call))
        if room < size or len(packs[-1]) >= MAX_COMMANDS:
            packs.append([])
            room = MAX_BYTES
        packs[-1].append(place)
        room -= size
    return packs


def join(calls: Sequence[Call], *, halt: bool = False) -> Call:
    """Return the one call that carries out others. The keys are no numbers, or PHP might answer with lists.

    `halt`: the first that fails is the last that is tried.
    """
    commands = {f"c{number}": _command(call) for number, call in enumerate(calls)}
    return Call(
        "batch",
        {"halt": int(halt), "cmd": commands},
        is_idempotent=all(call.is_idempotent for call in calls),
        carries=tuple({call.method for call in calls}),
    )


def split(answer: Answer, calls: Sequence[Call], portal: str, *, halt: bool = False) -> list[Outcome]:
    """Return how each of the joined calls ended.

    One that the answer does not name may have been done or not; in a batch that halted at a failure it was not.
    """
    parts = as_map(answer.result)
    results, errors = as_map(parts.get("result")), as_map(parts.get("result_error"))
    totals, nexts, times = (as_map(parts.get(f"result_{name}")) for name in ("total", "next", "time"))
    outcomes: list[Outcome] = []
    for number, call in enumerate(calls):
        key = f"c{number}"
        if key in errors:
            # Inside of a batch there is no HTTP status of its own.
            refused = refusal(as_map(errors[key]), 400, portal=portal, method=call.method)
            outcomes.append(refused)
            if halt and not any(f"c{later}" in results for later in range(number + 1, len(calls))):
                return outcomes + untried(calls[number + 1 :], refused)
        elif key in results:
            outcomes.append(Answer.read(results[key], totals.get(key), nexts.get(key), times.get(key)))
        else:
            outcomes.append(failure("answer_cut", status=200, portal=portal, method=call.method))
    return outcomes


def untried(calls: Iterable[Call], error: BitrixError) -> list[Outcome]:
    """Return the outcome of calls that were not made because one before them met `error`."""
    return [
        failure("not_tried", portal=error.portal, method=call.method, description=f"after {error.code}")
        for call in calls
    ]


def may_join(call: Call) -> bool:
    """Return whether a call may travel with others."""
    return call.method.lower() not in _ALONE and (not call.params or _survives(call.params))


def _survives(value: Any) -> bool:
    """Whether a value arrives as it is: no `$` in it, and no null or empty list, which a query cannot tell."""
    if isinstance(value, str):
        return "$" not in value
    if isinstance(value, dict):
        return bool(value) and all(map(_survives, value)) and all(map(_survives, value.values()))
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_survives, value))
    return value is not None


def _command(call: Call) -> str:
    return f"{call.method}?{phpform.encode(_with_words(call.params)).decode()}"


def _with_words(value: Any) -> Any:
    """Return parameters with Y and N for booleans: a query would turn them into 1 and 0 (contract 3.1)."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, dict):
        return {key: _with_words(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_words(item) for item in value]
    return value
