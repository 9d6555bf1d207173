"""The sign that the bot is at work."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from messaging.domain import ClaimedDialog


async def test_it_is_shown_as_long_as_the_bot_is_at_work(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.clients.delivery.TYPING_RENEWED_S", 0.05)
    at = service.clock()
    dialog = ClaimedDialog(uuid4(), uuid4(), "chat1", is_private=False, greeted=True, pending_since=at)
    shown: list[str] = service.delivery.typing

    with service.responder._delivery.typing([dialog]):
        await asyncio.sleep(1)
    await asyncio.sleep(0.1)
    at_the_end = len(shown)
    await asyncio.sleep(0.2)

    assert set(shown) == {"chat1"}
    assert 3 <= at_the_end == len(shown)
