"""Models in their order: one that is left leaves the next one its turn."""

from typing import Any

import pytest

from messaging.clients.endpoint import Endpoint, Endpoints
from messaging.clients.model import Models
from tests import scripted_model as scripted
from tests.scripted_model import scripted_model


@pytest.mark.parametrize("left", [scripted.stalls, scripted.has_no_end, scripted.ends_early, scripted.fails])
async def test_the_next_one_answers_for_one_that_does_not(left: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.clients.model.STALLED_S", 0.1)
    endpoints = Endpoints()
    async with scripted_model() as model:
        model.replies = [left, "28 дней"]

        said = await Models(endpoints).complete(Endpoint(model.url, "", ("first", "second")), [])

    assert (said.model, said.text) == ("second", "28 дней")
    assert [one["model"] for one in model.asked] == ["first", "second"]
    await endpoints.close()
