"""Takes secrets out of what is stored (docs/architecture.md section 4).

By plain searches for the ends of secrets' names: a case-blind pattern tried at every byte took a third of ingest.
"""

_ENDS = (b"token", b"secret", b"auth_id", b"refresh_id", b"password")
"""How the names of secrets end, in whatever case: access_token, APPLICATION_TOKEN, botToken, AUTH_ID..."""
_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "x-api-key"}


def body(raw: bytes) -> bytes:
    """Return a form or JSON body with the value of every secret replaced by `***`."""
    lower = raw.lower()
    spans: list[tuple[int, int]] = []
    for end in _ENDS:
        at = lower.find(end)
        while at >= 0:
            if span := _value_after(lower, at + len(end)):
                spans.append(span)
            at = lower.find(end, at + len(end))
    kept: list[bytes] = []
    begin = 0
    for start, stop in sorted(spans):
        kept += [raw[begin:start], b"***"]
        begin = stop
    return b"".join([*kept, raw[begin:]])


def headers(raw: dict[str, str]) -> dict[str, str]:
    """Return headers with secrets replaced by `***`."""
    return {name: "***" if name.lower() in _SECRET_HEADERS else value for name, value in raw.items()}


def _value_after(lower: bytes, at: int) -> tuple[int, int] | None:
    """Return where the value of a name that ends at `at` stands; None when there is no such name or value."""
    if lower.startswith(b'"', at):
        return _json_value(lower, at + 1)
    for close in (b"%5d", b"]"):
        if lower.startswith(close, at):
            at += len(close)
    if not lower.startswith(b"=", at):
        return None
    stop = lower.find(b"&", at)
    stop = len(lower) if stop < 0 else stop
    return (at + 1, stop) if stop > at + 1 else None


def _json_value(lower: bytes, at: int) -> tuple[int, int] | None:
    at = _skip_blanks(lower, at)
    if not lower.startswith(b":", at):
        return None
    at = _skip_blanks(lower, at + 1)
    if not lower.startswith(b'"', at):
        return None
    stop = at + 1
    while stop < len(lower) and lower[stop] != 0x22:
        stop += 2 if lower[stop] == 0x5C else 1
    stop = min(stop, len(lower))
    return (at + 1, stop) if stop > at + 1 else None


def _skip_blanks(lower: bytes, at: int) -> int:
    while lower[at : at + 1] in {b" ", b"\t", b"\r", b"\n"}:
        at += 1
    return at
