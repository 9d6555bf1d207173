"""Takes secrets out of what is stored (docs/architecture.md section 4)."""

import re

_NAMES = rb"(?:access_token|refresh_token|application_token|botToken|client_secret|AUTH_ID|REFRESH_ID)"
_FORM = re.compile(rb"(" + _NAMES + rb"(?:%5D|\])?=)[^&]+", re.IGNORECASE)
_JSON = re.compile(rb'("' + _NAMES + rb'"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "x-api-key"}


def body(raw: bytes) -> bytes:
    """Return a form or JSON body with the value of every secret replaced by `***`."""
    return _JSON.sub(rb'\1"***"', _FORM.sub(rb"\1***", raw))


def headers(raw: dict[str, str]) -> dict[str, str]:
    """Return headers with secrets replaced by `***`."""
    return {name: "***" if name.lower() in _SECRET_HEADERS else value for name, value in raw.items()}
