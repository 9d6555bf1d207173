"""Optional (`make real-model`): a real model behind llama.cpp's own server, which is not ours.

It is a small base model that answers nonsense. So what is shown is that the protocol is right (pieces, usage, an
end), that what it costs is counted, and that nonsense is not let out: the documents answer.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.ports import next_free
from kit.ids import NIL
from messaging.answering import Answering
from messaging.clients.endpoint import Endpoint, Endpoints
from messaging.clients.model import Models

PYTHON = os.environ.get("TB_REAL_MODEL_PYTHON", "")
SERVER = Path(__file__).parents[3] / "tests" / "real_model.py"
LOAD_S = 60.0
pytestmark = pytest.mark.skipif(not PYTHON, reason="make real-model")


@pytest.fixture(scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    port, file = next_free(29_000), Path(PYTHON).parents[1] / "gemma.gguf"
    log = (tmp_path_factory.mktemp("model") / "log").open("wb")
    server = await asyncio.create_subprocess_exec(PYTHON, SERVER, str(port), file, stdout=log, stderr=log)
    async with asyncio.timeout(LOAD_S), httpx.AsyncClient() as http:
        while not await _is_ready(http, f"http://127.0.0.1:{port}/health"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    yield f"http://127.0.0.1:{port}/v1"
    server.kill()
    await server.wait()
    log.close()


async def _is_ready(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == 200
    except httpx.TransportError:
        return False


async def test_it_is_read_piece_by_piece_to_its_end(url: str) -> None:
    endpoints = Endpoints()

    said = await Models(endpoints).complete(
        Endpoint(url, "", ("gemma",)), [{"role": "user", "content": "Столица России - город"}]
    )

    assert said.text
    assert said.prompt_tokens > 5
    assert 0 < said.completion_tokens <= 1_200
    await endpoints.close()


async def test_what_it_makes_up_is_not_let_out_and_its_cost_is_counted(
    app: Any, service: Any, knowledge: Any, event_of: Any, url: str
) -> None:
    portal, endpoints = await service.portal(), Endpoints()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await app.answer_settings.choose(NIL, {"model_enabled": True, "base_url": url, "models": ["gemma"]}, None)
    service.responder._answering = Answering(app.knowledge, app.answer_settings, Models(endpoints))
    await service.ingest(event_of(portal, 70101, "за сколько подают заявление на отпуск?"))

    await service.respond()
    await app.answer_settings.choose(NIL, {}, None)

    (reply,) = service.handed(portal)
    assert "за две недели до начала отпуска" in reply.body
    assert "Источник: [b]Отпуска.md[/b]" in reply.body
    [use] = service.billing.model_uses
    assert use.prompt_tokens > 100
    await endpoints.close()
