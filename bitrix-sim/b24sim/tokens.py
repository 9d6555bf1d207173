"""Tokens of the OAuth server (contract 2): access for an hour, refresh for 180 days and used once."""

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import Field

from b24sim.portal import Portal

REFRESH_SECONDS: Final = 180 * 86_400
CODE_SECONDS: Final = 30
KEPT_SECONDS: Final = 86_400
EVENT_TOKEN_SECONDS: Final = 60.0
ISSUED: Final = 200_000


@dataclass(slots=True)
class Grant:
    """Whose token it is and when it ends, unix seconds."""

    member_id: str
    user_id: int
    expires: float


@dataclass(frozen=True, slots=True)
class Pair:
    """An access token with its refresh token; `expires` is of the access token."""

    access: str
    refresh: str
    user_id: int
    expires: int


@dataclass(slots=True)
class TokenStore:
    """Every live token of the cloud, oldest first."""

    access: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Grant] = field(default_factory=dict)
    recent: dict[tuple[str, int], tuple[float, Pair]] = field(default_factory=dict)
    issued: Annotated[deque[str], Field(exclude=True)] = field(default_factory=lambda: deque(maxlen=ISSUED))
    """Every token there ever was: none of them may be found where it does not belong."""

    def mint(self, portal: Portal, user_id: int, now: float, access: str = "", refresh: str = "") -> Pair:
        """A new pair for a user of the portal; `access` and `refresh` pin the strings."""
        self._drop_stale(now)
        expires = int(now) + portal.token_ttl
        pair = Pair(access or secrets.token_hex(26), refresh or secrets.token_hex(26), user_id, expires)
        self.issued += (pair.access, pair.refresh)
        self.access[pair.access] = Grant(portal.member_id, user_id, expires)
        self.refresh[pair.refresh] = Grant(portal.member_id, user_id, now + REFRESH_SECONDS)
        return pair

    def for_event(self, portal: Portal, user_id: int, now: float) -> Pair:
        """A fresh pair for an event; bursts within a minute share one, so that load does not fill memory."""
        key = (portal.member_id, user_id)
        recent = self.recent.get(key)
        if recent is not None:
            minted_at, pair = recent
            young = now - minted_at < min(EVENT_TOKEN_SECONDS, portal.token_ttl / 4)
            if young and self.access[pair.access].expires > now:
                return pair
        pair = self.mint(portal, user_id, now)
        self.recent[key] = (now, pair)
        return pair

    def mint_code(self, portal: Portal, user_id: int, now: float) -> str:
        """An authorization code: 30 s, one use (contract 2.1)."""
        code = secrets.token_hex(16)
        self.issued.append(code)
        self.codes[code] = Grant(portal.member_id, user_id, now + CODE_SECONDS)
        return code

    def revoke(self, member_id: str, user_id: int, *, access: bool, refresh: bool) -> int:
        """Make a user's tokens unknown, as when their sessions are ended; returns how many."""
        gone = 0
        for table, wanted in ((self.access, access), (self.refresh, refresh)):
            theirs = [
                token for token, one in table.items() if (one.member_id, one.user_id) == (member_id, user_id)
            ]
            for token in theirs if wanted else []:
                del table[token]
                gone += 1
        self.recent.pop((member_id, user_id), None)
        return gone

    def forget(self, member_id: str) -> None:
        """Drop every token of a portal: it was deleted or the application was removed."""
        for table in (self.access, self.refresh, self.codes):
            for token in [token for token, grant in table.items() if grant.member_id == member_id]:
                del table[token]
        for key in [key for key in self.recent if key[0] == member_id]:
            del self.recent[key]

    def _drop_stale(self, now: float) -> None:
        # an ended token is kept a day: it must be told apart from an unknown one
        while self.access:
            token, grant = next(iter(self.access.items()))
            if grant.expires > now - KEPT_SECONDS:
                return
            del self.access[token]
