"""Models in their order: one that is left leaves the next one its turn."""

from typing import Any

import pytest

from messaging.clients.endpoint import Endpoint, Endpoints, ModelFailed
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


@pytest.mark.parametrize("passing", [scripted.fails, scripted.is_overloaded, scripted.breaks_off])
async def test_what_passes_is_asked_once_more(passing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.clients.model.PAUSE_S", 0.01)
    endpoints = Endpoints()
    async with scripted_model() as model:
        model.replies = [passing, passing, "28 дней"]

        said = await Models(endpoints).complete(Endpoint(model.url, "", ("first", "second")), [])

    assert (said.model, said.text) == ("first", "28 дней")
    assert [one["model"] for one in model.asked] == ["first", "second", "first"]
    await endpoints.close()


async def test_what_is_refused_is_not_asked_again() -> None:
    endpoints = Endpoints()
    async with scripted_model() as model:
        model.replies = [scripted.is_unknown]

        with pytest.raises(ModelFailed, match="refused"):
            await Models(endpoints).complete(Endpoint(model.url, "", ("only",)), [])

    assert len(model.asked) == 1
    await endpoints.close()
