"""Requests as Bitrix24 sends them: the sample of a private message, each time a new message of some employee."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5, sha256
from itertools import count, cycle
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

SAMPLE = Path(__file__).parents[1] / "tests/fixtures/bitrix24/events/09-v2-messageadd-private.txt"
PATH = "/v1/bitrix/events"
PORTALS = 50
SENDERS = 1_000
"""People who write, of all portals together; of more portals one each."""
FIRST_USER = 1001

_MEMBER = b"5f2c1be07a9d4e63b8d0a1c2e3f40516"
_TOKEN = b"0c9f0e6d5b7a41c28e3d94f1a2b3c4d5"
_DOMAIN = b"romashka-demo.bitrix24.ru"
_USER = b"=27&"
_MESSAGE = b"=70111&"
_ID_DIGITS = 10


@dataclass(frozen=True)
class Portal:
    """A portal that has installed the application."""

    id: UUID
    member_id: str
    domain: str
    token: str

    @property
    def token_hash(self) -> bytes:
        """SHA-256 of the application token: what is stored of it."""
        return sha256(self.token.encode()).digest()


def portals(count: int = PORTALS) -> list[Portal]:
    """The portals that events come from; the same in every process, fewer are the first of more."""
    return [_portal(f"portal-{number:04d}.bitrix24.ru") for number in range(count)]


def requests(port: int, first_id: int, writing: int = PORTALS) -> Iterator[bytes]:
    """Endless requests to 127.0.0.1:`port`, with message ids from `first_id` (ten digits) on.

    `writing`: how many portals they are of.

    Everything but the message id is prepared: making a request is one concatenation, so that the load
    generator takes as little as possible of the processors it shares with what it measures.
    """
    users, senders = range(max(1, SENDERS // writing)), portals(writing)
    shells = cycle([shell(port, portal, FIRST_USER + user) for user in users for portal in senders])
    for message_id, (before, after) in zip(count(first_id), shells, strict=False):
        yield b"%b%d%b" % (before, message_id, after)


def _portal(domain: str) -> Portal:
    return Portal(
        id=uuid5(NAMESPACE_URL, domain),
        member_id=md5(f"member {domain}".encode()).hexdigest(),
        domain=domain,
        token=md5(f"token {domain}".encode()).hexdigest(),
    )


def shell(port: int, portal: Portal, user: int) -> tuple[bytes, bytes]:
    """Return what stands before and after the id (ten digits) of a request with a message of an employee."""
    body = SAMPLE.read_bytes().strip()
    body = body.replace(_MEMBER, portal.member_id.encode()).replace(_TOKEN, portal.token.encode())
    body = body.replace(_DOMAIN, portal.domain.encode()).replace(_USER, b"=%d&" % user)
    before, message_id, after = body.partition(_MESSAGE)
    if not message_id:
        raise ValueError(f"{SAMPLE} is not the sample that is known here")
    length = len(before) + len(after) + len("=&") + _ID_DIGITS
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Bitrix24 Webhook Engine\r\n"
        f"Accept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
    return head.encode() + before + b"=", b"&" + after
