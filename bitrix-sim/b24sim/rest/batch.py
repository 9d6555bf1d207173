"""batch: up to 50 commands in one request, with the substitution of `$result[...]` (contract 3.3)."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from b24sim.rest.call import Call, Page, RestError
from b24sim.rest.envelope import time_block
from b24sim.rest.params import as_bool
from b24sim.rest.request import method_of
from bitrix import phpform

LIMIT = 50
REFERENCE = re.compile(r"\$result((?:\[[^\[\]]+\])+)")
STEP = re.compile(r"\[([^\[\]]+)\]")
TOO_MANY = RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded", 405)
NESTED = RestError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)

Perform = Callable[[str, Call], Any]


def run(call: Call, perform: Perform) -> dict[str, Any]:
    """Run `cmd` in order; `halt` stops at the first error. Neither atomic nor idempotent."""
    commands = call.params.get("cmd")
    if isinstance(commands, list):
        commands = {str(number): command for number, command in enumerate(commands)}
    if not isinstance(commands, dict):
        raise RestError("ERROR_ARGUMENT", "Argument 'cmd' is null or empty")
    answer: dict[str, dict[str, Any]] = {
        name: {} for name in ("result", "result_error", "result_total", "result_next", "result_time")
    }
    for number, (key, command) in enumerate(commands.items()):
        at, started = call.told_at, time.perf_counter()
        try:
            if number >= LIMIT:
                raise TOO_MANY
            _store(answer, key, _one(call, str(command), answer["result"], perform))
        except RestError as error:
            answer["result_error"][key] = {"error": error.code, "error_description": error.description}
            if as_bool(call.params.get("halt")):
                break
        took = time.perf_counter() - started
        answer["result_time"][key] = time_block(at, took)
    return {name: values or [] for name, values in answer.items()}  # an empty PHP map is a list


def first_half(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a batch of which only the first half of the commands is left."""
    commands = params.get("cmd")
    items = list(commands.items()) if isinstance(commands, dict) else []
    return {**params, "cmd": dict(items[: len(items) // 2])}


def _one(call: Call, command: str, results: dict[str, Any], perform: Perform) -> Any:
    path, _, query = command.partition("?")
    method = method_of(path)
    if method == "batch":
        raise NESTED
    params = {key: _substituted(value, results) for key, value in phpform.decode(query.encode()).fields.items()}
    params.pop("auth", None)
    return perform(method, replace(call, params=params))


def _store(answer: dict[str, dict[str, Any]], key: str, result: Any) -> None:
    if isinstance(result, Page):
        if result.total is not None:
            answer["result_total"][key] = result.total
        if result.next is not None:
            answer["result_next"][key] = result.next
        result = result.result
    answer["result"][key] = result


def _substituted(value: Any, results: dict[str, Any]) -> Any:
    """Every value is scanned, whoever wrote it: this is the injection of contract 3.3."""
    if isinstance(value, dict):
        return {key: _substituted(item, results) for key, item in value.items()}
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _looked_up(whole[1], results)
    return REFERENCE.sub(lambda found: _printed(_looked_up(found[1], results)), value)


def _looked_up(path: str, results: dict[str, Any]) -> Any:
    node: Any = results
    for step in STEP.findall(path):
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node


def _printed(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, dict | list):
        return "Array"
    return "" if value is None else str(value)
