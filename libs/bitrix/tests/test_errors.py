"""The decision table of contract 3.5 and the OAuth server's of 2.3, line by line: code, status, method -> kind."""

import pytest

from bitrix.decisions import Pause, Repeat, decide, failure, refusal
from bitrix.errors import Kind

SEND = "imbot.v2.Chat.Message.send"
OAUTH = "oauth refresh"
PLAN_TEXT = "REST API is available only on commercial plans."

TABLE: list[tuple[str, tuple[int, ...], str, set[Kind]]] = [
    ("expired_token", (401,), SEND, {Kind.TOKEN}),
    ("invalid_token", (401,), SEND, {Kind.TOKEN}),
    ("NO_AUTH_FOUND", (401,), SEND, {Kind.TOKEN}),
    ("QUERY_LIMIT_EXCEEDED", (503,), SEND, {Kind.THROTTLE}),
    ("ANY_CODE", (429,), SEND, {Kind.THROTTLE}),
    ("OPERATION_TIME_LIMIT", (429,), SEND, {Kind.THROTTLE}),
    ("OVERLOAD_LIMIT", (503,), SEND, {Kind.THROTTLE}),
    ("INTERNAL_SERVER_ERROR", (500,), SEND, {Kind.SERVER}),
    ("ERROR_UNEXPECTED_ANSWER", (500,), SEND, {Kind.SERVER}),
    ("ANY_CODE", (502, 504), SEND, {Kind.SERVER, Kind.UNKNOWN}),
    ("insufficient_scope", (403, 401), SEND, {Kind.CONFIG}),
    ("ERROR_METHOD_NOT_FOUND", (404,), SEND, {Kind.CONFIG}),
    ("INVALID_CREDENTIALS", (403, 401), SEND, {Kind.RIGHTS}),
    ("user_access_error", (403,), SEND, {Kind.RIGHTS}),
    ("ACCESS_DENIED", (403,), "placement.bind", {Kind.RIGHTS}),
    ("ACCESS_DENIED", (403,), SEND, {Kind.DIALOG}),
    ("BOT_NOT_FOUND", (400, 403), SEND, {Kind.BOT}),
    ("BOT_OWNERSHIP_ERROR", (400, 403), SEND, {Kind.BOT}),
    ("PAYMENT_REQUIRED", (401, 402), SEND, {Kind.PLAN}),
    ("ERROR_OAUTH", (401,), SEND, {Kind.UNINSTALLED}),
    ("APPLICATION_NOT_FOUND", (400, 401), SEND, {Kind.UNINSTALLED}),
    ("authorization_error", (400, 401), SEND, {Kind.UNINSTALLED}),
    ("PORTAL_DELETED", (500, 403, 410), SEND, {Kind.UNINSTALLED}),
    ("INVALID_REQUEST", (400,), SEND, {Kind.CONFIG}),
    ("METHOD_CONFIRM_WAITING", (401,), SEND, {Kind.CONFIG, Kind.RIGHTS}),
    ("METHOD_CONFIRM_DENIED", (403,), SEND, {Kind.CONFIG, Kind.RIGHTS}),
    ("ERROR_BATCH_LENGTH_EXCEEDED", (405, 400), "batch", {Kind.CONFIG}),
    ("ERROR_BATCH_METHOD_NOT_ALLOWED", (405, 400), "batch", {Kind.CONFIG}),
    ("WRONG_AUTH_TYPE", (403,), SEND, {Kind.CONFIG}),
    ("ALLOWED_ONLY_INTRANET_USER", (403,), SEND, {Kind.RIGHTS}),
    ("ACCESS_ERROR", (403,), SEND, {Kind.RIGHTS}),
    ("INVALID_ARG_VALUE", (400,), SEND, {Kind.REQUEST}),
    ("ERROR_ARGUMENT", (400, 200), SEND, {Kind.REQUEST}),
    ("NOT_FOUND", (400,), SEND, {Kind.REQUEST}),
    ("ERROR_CORE", (400,), SEND, {Kind.REQUEST}),
    ("SENDING_FAILED", (400,), SEND, {Kind.SERVER}),
    ("EMPTY_MESSAGE", (400,), SEND, {Kind.REQUEST}),
    # The OAuth server (contract 2.3).
    ("invalid_client", (400, 200), OAUTH, {Kind.UNINSTALLED}),
    ("wrong_client", (400, 200), OAUTH, {Kind.UNINSTALLED}),
    ("invalid_grant", (400,), OAUTH, {Kind.RIGHTS}),
    ("insufficient_scope", (400, 403), OAUTH, {Kind.CONFIG}),
    ("invalid_scope", (400, 403), OAUTH, {Kind.CONFIG}),
    ("invalid_request", (400,), OAUTH, {Kind.CONFIG}),
    ("PAYMENT_REQUIRED", (400, 401, 402), OAUTH, {Kind.PLAN}),
    ("NOT_INSTALLED", (401,), OAUTH, {Kind.UNINSTALLED}),
]
LINES = [(code, status, method, kinds) for code, statuses, method, kinds in TABLE for status in statuses]


@pytest.mark.parametrize(
    ("code", "status", "method", "kinds"),
    LINES,
    ids=[f"{code}-{status}-{method}" for code, status, method, _ in LINES],
)
def test_an_error_is_of_the_kind_the_contract_says(code: str, status: int, method: str, kinds: set[Kind]) -> None:
    assert decide(code, status, method).kind in kinds
    assert decide(code.swapcase(), status, method).kind in kinds


def test_a_portal_whose_plan_forbids_rest_is_no_closed_chat() -> None:
    answer: dict[str, object] = {"error": "ACCESS_DENIED", "error_description": PLAN_TEXT}

    assert refusal(answer, 403, portal="m", method=SEND).kind is Kind.PLAN


def test_an_error_keeps_what_people_need_and_bounds_it() -> None:
    error = refusal({"error": "empty_message", "error_description": "x" * 5000}, 400, portal="m", method=SEND)

    assert (error.code, error.status, error.portal, error.method) == ("EMPTY_MESSAGE", 400, "m", SEND)
    assert len(error.description) == 500


@pytest.mark.parametrize("error", ["", None, 0, [], {}])
def test_an_error_without_a_code_is_still_an_error(error: object) -> None:
    assert refusal({"error": error}, 400, portal="m", method=SEND).kind is Kind.REQUEST


# Which failures may be repeated, and which were certainly not carried out (contract 3.5, 4.6).
REPEATS: dict[Repeat, set[tuple[str, int]]] = {
    Repeat.REFRESHED: {("expired_token", 401), ("invalid_token", 401), ("NO_AUTH_FOUND", 401)},
    Repeat.ALWAYS: {
        ("QUERY_LIMIT_EXCEEDED", 503),
        ("OPERATION_TIME_LIMIT", 429),
        ("OVERLOAD_LIMIT", 503),
        ("not_json", 429),
        ("connect_failed", 0),
        ("breaker_open", 0),
    },
    Repeat.IDEMPOTENT: {
        ("INTERNAL_SERVER_ERROR", 500),
        ("ERROR_UNEXPECTED_ANSWER", 500),
        ("not_json", 502),
        ("not_json", 200),
        ("no_answer", 0),
        ("deadline", 0),
        ("answer_cut", 200),
    },
    Repeat.NEVER: {
        ("insufficient_scope", 403),
        ("BOT_NOT_FOUND", 400),
        ("PAYMENT_REQUIRED", 402),
        ("ERROR_OAUTH", 401),
        ("PORTAL_DELETED", 403),
        ("ERROR_ARGUMENT", 200),
        ("SENDING_FAILED", 400),
        ("never heard of", 400),
    },
}


@pytest.mark.parametrize("repeat", Repeat)
def test_a_failure_is_repeated_only_where_the_contract_allows(repeat: Repeat) -> None:
    assert {decide(code, status, SEND).repeat for code, status in REPEATS[repeat]} == {repeat}


def test_what_may_always_be_repeated_was_not_carried_out() -> None:
    for code, status in REPEATS[Repeat.ALWAYS]:
        assert failure(code, status=status).outcome_is_known
    for code, status in REPEATS[Repeat.IDEMPOTENT]:
        assert not failure(code, status=status).outcome_is_known


@pytest.mark.parametrize(
    ("code", "pause", "seconds"),
    [
        ("QUERY_LIMIT_EXCEEDED", Pause.PORTAL, 1),
        ("OPERATION_TIME_LIMIT", Pause.METHOD, 60),
        ("OVERLOAD_LIMIT", Pause.PORTAL, 3600),
        ("EMPTY_MESSAGE", Pause.NOTHING, 0),
    ],
)
def test_what_is_throttled_rests(code: str, pause: Pause, seconds: float) -> None:
    line = decide(code, 0, SEND)

    assert (line.pause, line.pause_s) == (pause, seconds)


def test_an_error_never_repeats_what_it_was_told_in_confidence() -> None:
    answer = {"error": "bad_s3cret", "error_description": "The token s3cret is not known"}

    error = refusal(answer, 400, portal="m", method=SEND, secrets=("s3cret",))

    assert "s3cret" not in str(error).lower() + repr(error).lower()
