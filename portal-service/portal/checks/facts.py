"""What a diagnosis gathered before anything is judged. A source that did not answer says why."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bitrix.batch import Outcome
from bitrix.breaker import Condition
from bitrix.client import Answer
from bitrix.errors import BitrixError
from bitrix.oauth import AppInfo
from portal.bindings import Bindings
from portal.domain import Portal, StoredToken

OPEN_APP = "An administrator of the portal must open the app: that brings a new token."
APP_INFO = "app.info"
IS_ADMIN = "user.admin"
EVENTS = "event.get"
PLACES = "placement.get"
OWN_BOTS = "imbot.v2.Bot.list"
BOT_BY_CODE = "imbot.v2.Bot.get"
CLASSIC_BOTS = "imbot.bot.list"


@dataclass(frozen=True)
class Stored:
    """The newest live credential, and how many are live."""

    token: StoredToken
    live: int


@dataclass(frozen=True)
class Authority:
    """What the OAuth server said of an access token, and how long it took."""

    answer: AppInfo | BitrixError
    took_ms: int


@dataclass(frozen=True)
class Probe:
    """An event asked for: when it came back, or what the portal said instead. `waited_s`: how long we did."""

    echoed_after_ms: int | None
    waited_s: float
    refusal: str = ""


@dataclass(frozen=True)
class Facts:
    """All that the checks look at."""

    portal: Portal
    now: datetime
    client_id: str
    wanted: Bindings
    stored: Stored | None = None
    """None: the portal has no live credential."""
    stored_token: Authority | None = None
    """On the access token that was stored; None = it was not asked."""
    refreshed: Literal[True] | BitrixError | None = None
    """None: it was not tried."""
    live: AppInfo | None = None
    """What the OAuth server says of a token that is good now."""
    breaker: Condition | None = None
    """None: not known."""
    rest: dict[str, Outcome] = field(default_factory=dict)
    """By method; empty where the portal was not asked."""
    asked_at: float = 0.0
    answered_at: float = 0.0
    """Unix seconds by our clock, of the request that brought `rest`."""
    probe: Probe | None = None

    def answer(self, method: str) -> Answer | None:
        """Return what the portal answered to a method, None where it did not or was not asked."""
        outcome = self.rest.get(method)
        return outcome if isinstance(outcome, Answer) else None

    def refusal(self, method: str) -> BitrixError | None:
        """Return how a method was refused."""
        outcome = self.rest.get(method)
        return outcome if isinstance(outcome, BitrixError) else None

    def rest_result(self, method: str) -> object:
        """Return the `result` of a method, None where there is none."""
        answer = self.answer(method)
        return answer.result if answer else None
