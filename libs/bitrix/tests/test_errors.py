"""The decision table of contract 3.5 and the OAuth server's of 2.3, line by line: code, status, method -> kind."""

import pytest

from bitrix.errors import Kind, classify, from_answer

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
    ("ACCESS_DENIED", (403,), "user.get", {Kind.PLAN}),
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
    assert classify(code, status, method) in kinds
    assert classify(code.swapcase(), status, method) in kinds


def test_a_portal_whose_plan_forbids_rest_is_no_closed_chat() -> None:
    answer: dict[str, object] = {"error": "ACCESS_DENIED", "error_description": PLAN_TEXT}

    assert from_answer(answer, 403, SEND).kind is Kind.PLAN


def test_an_error_keeps_what_people_need_and_bounds_it() -> None:
    error = from_answer({"error": "empty_message", "error_description": "x" * 5000}, 400, SEND)

    assert (error.code, error.status, error.method) == ("EMPTY_MESSAGE", 400, SEND)
    assert len(error.description) == 500


@pytest.mark.parametrize("error", ["", None, 0, [], {}])
def test_an_error_without_a_code_is_still_an_error(error: object) -> None:
    assert from_answer({"error": error}, 400, SEND).kind is Kind.REQUEST
