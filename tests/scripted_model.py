"""An endpoint that speaks OpenAI's chat completions and says what a test has it say, or misbehaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Reply = Callable[[web.Request], Any]


@dataclass
class ScriptedModel:
    """`replies` are given in turn, the last one again and again; `asked` are the requests' bodies."""

    url: str = ""
    replies: list[Any] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        reply = self.replies[0] if len(self.replies) == 1 else self.replies.pop(0)
        if isinstance(reply, str):
            return said(reply, self.asked[-1]["model"])
        answer: web.StreamResponse = await reply(request)
        return answer


def completion(text: str, model: str = "m", finish_reason: str = "stop") -> dict[str, Any]:
    """What an endpoint answers."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [
            {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text}}
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150},
    }


def said(text: str, model: str = "m") -> web.Response:
    """A whole answer."""
    return web.json_response(completion(text, model))


def statements(*said: tuple[str, int, str]) -> str:
    """What a model says that does as it is told: (text, source, quote)."""
    return json.dumps(
        {
            "found": bool(said),
            "statements": [{"text": text, "source": source, "quote": quote} for text, source, quote in said],
        },
        ensure_ascii=False,
    )


async def hangs(_request: web.Request) -> web.Response:
    """Never answers."""
    await asyncio.sleep(60)
    return web.Response()


async def is_overloaded(_request: web.Request) -> web.Response:
    """429, and when to come back."""
    return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0"})


async def fails(_request: web.Request) -> web.Response:
    """500."""
    return web.json_response({"error": {"message": "oops"}}, status=500)


async def is_unknown(_request: web.Request) -> web.Response:
    """404: there is no such model."""
    return web.json_response({"error": {"message": "no such model"}}, status=404)


async def breaks_off(request: web.Request) -> web.StreamResponse:
    """Half an answer, and the connection ends."""
    answer = web.StreamResponse(headers={"content-type": "application/json", "content-length": "1000"})
    await answer.prepare(request)
    await answer.write(b'{"id": "c1", "choices": [{"index"')
    assert request.transport is not None
    request.transport.close()
    return answer


async def is_no_json(_request: web.Request) -> web.Response:
    """A proxy's page."""
    return web.Response(text="<html>Bad gateway</html>", content_type="application/json")


async def is_a_page(_request: web.Request) -> web.Response:
    """A proxy's page, and it says so."""
    return web.Response(text="<html>Sign in</html>", content_type="text/html")


async def is_a_list(_request: web.Request) -> web.Response:
    """JSON, of another shape."""
    return web.json_response([1, 2])


async def says_a_list(_request: web.Request) -> web.Response:
    """A completion whose text is none."""
    answer = completion("x")
    answer["choices"][0]["message"]["content"] = [{"type": "text", "text": "x"}]
    return web.json_response(answer)


async def moves(_request: web.Request) -> web.Response:
    """Somewhere else."""
    return web.Response(status=307, headers={"location": "http://127.0.0.1:9/v1/chat/completions"})


async def is_cut(_request: web.Request) -> web.Response:
    """A censor stopped it."""
    return web.json_response(completion("...", finish_reason="content_filter"))


@asynccontextmanager
async def scripted_model() -> AsyncIterator[ScriptedModel]:
    """Serve on a free port."""
    model = ScriptedModel()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model._complete)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    model.url = f"http://127.0.0.1:{port}/v1"
    yield model
    await runner.cleanup()
