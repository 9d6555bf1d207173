"""A portal in memory, for tests of many steps: shows messages, remembers keys (contract 4.6), breaks on demand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bitrix import phpform
from bitrix.breaker import Passage
from bitrix.client import Answer, Credential
from bitrix.decisions import failure, refusal
from bitrix.errors import BitrixError
from bitrix.events import as_map

TRAP = timedelta(hours=1)
"""How long a key whose message is not known is refused."""
FAULTS = (
    "throttled",  # refused, nothing done
    "unreachable",  # no connection
    "lost_before",  # nothing done, no answer
    "lost_halfway",  # half of a batch done, no answer
    "lost_after",  # all done, no answer
    "broken_after",  # all done, the answer is an error
    "closed",  # the next message is refused for good
    "trapped",  # the next message's key is taken, nothing is shown
    "unpaid",  # the portal's plan has ended
    "crash_before",  # the worker dies with nothing done
    "crash_after",  # the worker dies with all done
)


class Crash(BaseException):
    """The worker is gone: nobody catches it."""


class FakeBitrix:
    """What `bitrix.rest` takes for its client."""

    policy: Any = None

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.shown: dict[str, list[str]] = {}
        self.fault = ""
        """Of the next request."""
        self.is_crashed = False
        """The worker's requests do not leave it any more."""
        self.met: set[tuple[str, bool]] = set()
        """Faults that a request met, and whether it was a batch."""
        self._now = now
        self._keys: dict[str, tuple[int, datetime]] = {}
        self._last_id = 0

    async def ask(self, _credential: Credential, method: str, params: dict[str, Any]) -> Answer:
        """Answer as the platform does, or break."""
        fault, self.fault = self.fault, ""
        self.met.add((fault, method == "batch"))
        if self.is_crashed or fault == "crash_before":
            self.is_crashed = True
            raise Crash
        if fault in {"throttled", "unreachable", "lost_before", "unpaid"}:
            raise _broken(fault)
        answer = self._carry_out(method, params, fault)
        if fault == "crash_after":
            self.is_crashed = True
            raise Crash
        if fault in {"lost_halfway", "lost_after", "broken_after"}:
            raise _broken(fault)
        return answer

    def _carry_out(self, method: str, params: dict[str, Any], fault: str) -> Answer:
        if method != "batch":
            return Answer(self._send(params, "" if fault == "lost_halfway" else fault))
        commands = list(params["cmd"].items())
        if fault == "lost_halfway":
            commands = commands[: len(commands) // 2]
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for place, (key, command) in enumerate(commands):
            fields = as_map(phpform.decode(command.partition("?")[2].encode()).fields)
            try:
                # In the middle of the batch, so that something stands on either side.
                results[key] = self._send(fields, fault if place == len(commands) // 2 else "")
            except BitrixError as error:
                errors[key] = {"error": error.code}
                if params["halt"]:
                    break
        return Answer({"result": results or [], "result_error": errors or []})

    def _send(self, params: dict[str, Any], fault: str) -> dict[str, int]:
        fields, dialog_id = as_map(params["fields"]), str(params["dialogId"])
        if fault == "closed":
            raise refusal({"error": "ACCESS_DENIED"}, 403, portal="", method="imbot.v2.Chat.Message.send")
        uuid = str(fields["templateId"])
        message_id, taken_at = self._keys.get(uuid, (0, None))
        if message_id:
            return {"id": message_id}
        if fault == "trapped" or (taken_at and self._now() - taken_at < TRAP):
            self._keys[uuid] = (0, taken_at or self._now())
            raise refusal({"error": "SENDING_FAILED"}, 400, portal="", method="imbot.v2.Chat.Message.send")
        self._last_id += 1
        self._keys[uuid] = (self._last_id, self._now())
        self.shown.setdefault(dialog_id, []).append(str(fields["message"]))
        return {"id": self._last_id}


def _broken(fault: str) -> BitrixError:
    if fault == "throttled":
        return refusal({"error": "QUERY_LIMIT_EXCEEDED"}, 503, portal="", method="batch")
    if fault == "unpaid":
        return refusal({"error": "PAYMENT_REQUIRED"}, 402, portal="", method="batch")
    if fault == "broken_after":
        return refusal({"error": "INTERNAL_SERVER_ERROR"}, 500, portal="", method="batch")
    return failure("connect_failed" if fault == "unreachable" else "no_answer", method="batch")


class Unlimited:
    """A limiter and a breaker that hold nobody up."""

    async def wait(self, *_asked: Any) -> None:
        """Grant at once."""

    async def spare(self, *_told: Any) -> None:
        """Brake nothing."""

    async def brake(self, *_told: Any) -> None:
        """Brake nothing."""

    async def enter(self, _member_id: str) -> Passage:
        """Let pass."""
        return Passage(0.0, is_watched=False)

    async def tell(self, *_told: Any) -> None:
        """Heed nothing."""
