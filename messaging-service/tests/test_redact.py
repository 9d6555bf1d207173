"""Nothing secret is stored: neither of a form nor of JSON, whole or cut, of either generation."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from bitrix import phpform
from messaging import redact

EVENTS = Path(__file__).parents[2] / "tests/fixtures/bitrix24/events"
FILES = sorted(path for path in EVENTS.iterdir() if path.name != "README.md")
SECRET = {
    "access_token",
    "refresh_token",
    "application_token",
    "bottoken",
    "client_secret",
    "auth_id",
    "refresh_id",
}


def secrets_of(fields: Any) -> set[str]:
    """The values of every secret field, however deep."""
    if isinstance(fields, list):
        return set().union(*map(secrets_of, fields))
    if not isinstance(fields, dict):
        return set()
    own = {str(value) for name, value in fields.items() if name.lower() in SECRET and isinstance(value, str)}
    return own.union(*map(secrets_of, fields.values())) - {""}


def decoded(path: Path) -> Any:
    body = path.read_bytes()
    return orjson.loads(body) if path.suffix == ".json" else phpform.decode(body).fields


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_secret_of_a_sample_is_left(path: Path) -> None:
    stored = redact.body(path.read_bytes())

    assert [secret for secret in secrets_of(decoded(path)) if secret.encode() in stored] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_form_told_as_json_and_json_as_a_form_hide_as_much(path: Path) -> None:
    fields = decoded(path)
    told = [orjson.dumps(fields), orjson.dumps(fields, option=orjson.OPT_INDENT_2), phpform.encode(fields)]

    left = [secret for body in told for secret in secrets_of(fields) if secret.encode() in redact.body(body)]

    assert left == []


def test_a_body_cut_inside_a_secret_hides_what_there_is_of_it() -> None:
    form = b"auth%5Baccess_token%5D=half-of-a-sec"
    json = b'{"auth": {"access_token": "half-of-a-sec'

    assert b"half" not in redact.body(form)
    assert b"half" not in redact.body(json)


def test_what_is_no_secret_stays_as_it_came() -> None:
    body = (
        b"event=ONIMBOTV2MESSAGEADD&data%5Bmessage%5D%5Btext%5D=access_token+%3D+what%3F&auth%5Bmember_id%5D=5f2c"
    )

    assert redact.body(body) == body


def test_secret_headers_are_hidden_whatever_their_case() -> None:
    headers = {"Authorization": "Bearer x", "cookie": "a=b", "X-Api-Key": "k", "Content-Type": "text/plain"}

    assert redact.headers(headers) == {
        "Authorization": "***",
        "cookie": "***",
        "X-Api-Key": "***",
        "Content-Type": "text/plain",
    }
