"""Requests made from /openapi.json, and what must hold of every answer."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENVELOPE = {"error", "trace_id", "message", "detail"}
_SECURITY = "x-security"
UNREADABLE = {400, 413, 415, 422}
"""A body that cannot be read is refused before anybody asks who sends it."""
ORDER = {"GET": 0, "POST": 1, "PUT": 1, "PATCH": 1, "DELETE": 2}
LAST = ("/v1/admin/portals/{portal_id}/suspend", "/v1/admin/settings/answers", "/v1/admin/auth/logout")
"""What ends or stops something that the requests before need."""
NASTY_WORDS = ["\0", "a\0b", "\ufffe", "9" * 30, "-1", "1e400", "NaN", "%", "' OR 1=1", "х" * 5_000, ""]
NASTY: list[Any] = [
    *NASTY_WORDS,
    "\ud800",
    "x\udfff",
    1 << 31,
    1 << 63,
    -(1 << 63) - 1,
    10**30,
    1.5,
    1e308,
    None,
    [],
    {},
    [None],
]
"""What Postgres, Protobuf or UTF-8 cannot hold, or what is of another kind."""
RAW = [
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"null"),
    ("application/json", b'[{"a": NaN}]'),
    ("application/json", b"\xff\xfe{\x00}\x00"),
    ("application/json", b"[" * 100_000),
    ("application/json", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    ("application/json", b'{"limit": ' + b"9" * 5_000 + b"}"),
    ("text/plain", b"{}"),
    ("application/x-www-form-urlencoded", b"a[" * 2_000 + b"=%ff%00&%"),
    ("multipart/form-data", b"--x\r\n\r\n--x--"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n\xff\r\n--x--',
    ),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; filename="\xff"\r\n\r\n'),
]
"""Bodies that are none, by the type that they claim."""
TIMEOUT_S = 60
THREADS = 4
Operation = APIOperation[Any, Any, Any, Any]
Raw = tuple[str, bytes]


@dataclass(frozen=True)
class Caller:
    """Who asks: a bearer token ("" = none), and which scheme of /openapi.json it is of ("" = none)."""

    name: str
    token: str
    scheme: str

    def may(self, operation: Operation) -> bool:
        """Tell whether a route is for who asks; what needs no session is for who has none."""
        return self.scheme in (_schemes(operation) or {""})


@dataclass
class Found:
    """What was asked and what was wrong with the answers, each once a route."""

    operations: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    welcome: set[str] = field(default_factory=set)
    """Routes that answered something else than an error."""
    wrong: dict[tuple[str, str, str], str] = field(default_factory=dict)


class Described:
    """The product as /openapi.json describes it."""

    def __init__(self, url: str, known: dict[str, list[Any]], number: int, times: int) -> None:
        """`known`: ids that exist, by the name of the parameter or field; `number` seeds the chance.

        Who may ask a route asks it rightly so many `times`, and wrongly as often; who may not, once.
        """
        self._url = url
        self._schema = schemathesis.openapi.from_dict(_without_security(url))
        self._known = known
        self._number = number
        self._times = times
        self._local = threading.local()
        self._lock = threading.Lock()

    def ask(self, callers: Iterable[Caller]) -> Found:
        """Ask every route as every caller; what destroys comes last."""
        found = Found()
        operations = [one.ok() for one in self._schema.get_all_operations() if isinstance(one, Ok)]
        found.operations = len(operations)
        for group in self._in_order(operations):
            asked = [request for one in group for caller in callers for request in self._requests(one, caller)]
            with ThreadPoolExecutor(THREADS) as pool:
                for job in [pool.submit(self._ask, *request, found) for request in asked]:
                    job.result()
        return found

    def _in_order(self, operations: list[Operation]) -> Iterator[list[Operation]]:
        def place(one: Operation) -> int:
            return 3 + LAST.index(one.path) if one.path in LAST else ORDER[one.method.upper()]

        for number in sorted(set(map(place, operations))):
            yield [one for one in operations if place(one) == number]

    def _requests(self, operation: Operation, caller: Caller) -> Iterator[tuple[Caller, Case[Any], Raw | None]]:
        cases = self._cases(operation, caller)
        yield from ((caller, case, None) for case in cases)
        if operation.body and caller.may(operation):
            yield from ((caller, cases[0], raw) for raw in RAW)

    def _cases(self, operation: Operation, caller: Caller) -> list[Case[Any]]:
        """Return requests, made in one thread: Python 3.11 parses sources, which hypothesis does, in no two."""
        made: list[Case[Any]] = []

        def make(mode: GenerationMode, times: int) -> None:
            @seed(self._number)
            @settings(
                max_examples=times,
                phases=[Phase.generate],
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(operation.as_strategy(mode), st.randoms(use_true_random=False))
            def one(case: Case[Any], chance: random.Random) -> None:
                self._adapt(case, chance)
                made.append(case)

            one()

        make(GenerationMode.POSITIVE, self._times if caller.may(operation) else 1)
        if caller.may(operation):
            with suppress(Unsatisfiable, ValueError):  # a route without parameters cannot be asked wrongly
                make(GenerationMode.NEGATIVE, self._times)
        return made

    def _adapt(self, case: Case[Any], chance: random.Random) -> None:
        """Put in ids that exist: of a made up one every route knows nothing. And what is hard to store."""
        given: tuple[Any, ...] = (case.path_parameters, case.query, case.body)
        for fields in given:
            for name in list(fields) if isinstance(fields, dict) else ():
                if name in self._known and chance.random() < 0.7:
                    fields[name] = chance.choice(self._known[name])
                elif name == "base_url" and fields[name]:
                    fields[name] = "http://127.0.0.1:9/v1"
        # What is no text or does not encode can be said in JSON only.
        if case.media_type == "application/json" and isinstance(case.body, dict) and chance.random() < 0.25:
            _spoil(case.body, chance)
        if case.query and chance.random() < 0.25:
            case.query[chance.choice(list(case.query))] = chance.choice(NASTY_WORDS)

    def _ask(self, caller: Caller, case: Case[Any], raw: Raw | None, found: Found) -> None:
        if caller.token:
            case.headers["Authorization"] = f"Bearer {caller.token}"
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        response = case.call(self._url, self._local.session, timeout=TIMEOUT_S, **_said(case, raw))
        problems = list(_own_problems(case, caller, response))
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            problems += [f"{type(one).__name__}: {one}" for one in group.exceptions]
        with self._lock:
            found.statuses[response.status_code] += 1
            if response.status_code < 400:
                found.welcome.add(case.operation.label)
            for problem in problems:
                key = (case.operation.label, caller.name, problem.partition("\n")[0][:60])
                said = f"{raw[0]} {raw[1][:200]!r}" if raw else case.as_curl_command()
                found.wrong.setdefault(key, f"{problem}\n{said}\n{response.status_code} {response.text[:600]}")


def _said(case: Case[Any], raw: Raw | None) -> dict[str, Any]:
    """Return what is sent instead of a case's own body."""
    if raw is None:
        return {}
    headers = {**case.headers, "Content-Type": raw[0]}
    return {"data": raw[1], "json": None, "files": None, "headers": headers}


def _without_security(url: str) -> dict[str, Any]:
    """Return /openapi.json with the sessions that routes ask for put aside: who asks is for the caller to say."""
    with httpx.Client(trust_env=False) as http:
        described: dict[str, Any] = http.get(f"{url}/openapi.json").json()
    for operations in described["paths"].values():
        for operation in operations.values():
            operation[_SECURITY] = operation.pop("security", [])
    return described


def _schemes(operation: Operation) -> set[str]:
    return {name for one in operation.definition.raw[_SECURITY] for name in one}


def _spoil(body: dict[str, Any], chance: random.Random) -> None:
    """Put something nasty in the place of a field, however deep."""
    if not body:
        return
    name = chance.choice(list(body))
    if isinstance(inner := body[name], dict) and inner:
        _spoil(inner, chance)
    else:
        body[name] = chance.choice(NASTY)


def _own_problems(case: Case[Any], caller: Caller, response: Any) -> Iterator[str]:
    status = response.status_code
    if status >= 500:
        yield f"it answered {status}"
    is_page = response.headers.get("content-type", [""])[0].startswith("text/html")
    if status >= 400 and not is_page:
        body = response.json()
        if not isinstance(body, dict) or set(body) != ENVELOPE:
            yield "an error without the envelope"
        elif [body["trace_id"]] != response.headers["x-trace-id"]:
            yield "the envelope has another trace id than the answer"
    schemes = _schemes(case.operation)
    if schemes and caller.scheme not in schemes and status not in {401, *UNREADABLE}:
        yield f"who is not signed in for it was answered {status}"
    if caller.scheme in schemes and status == 401 and case.operation.path != LAST[-1]:
        yield "the session was not known"
