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
    meanings: dict[str, list[float]] = field(default_factory=dict)
    """What a text that holds a word is embedded as; others as [0, 0, 1]."""
    embedding: Any = None
    """What is answered instead, where something else is."""
    embedded: list[list[str]] = field(default_factory=list)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        reply = self.replies[0] if len(self.replies) == 1 else self.replies.pop(0)
        if isinstance(reply, str):
            return await said(request, reply, self.asked[-1]["model"])
        answer: web.StreamResponse = await reply(request)
        return answer

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        texts = (await request.json())["input"]
        self.embedded.append(texts)
        if self.embedding:
            answer: web.StreamResponse = await self.embedding(request)
            return answer
        return embeddings([self._meaning(text) for text in texts])

    def _meaning(self, text: str) -> list[float]:
        return next((vector for word, vector in self.meanings.items() if word in text), [0.0, 0.0, 1.0])


def embeddings(vectors: list[Any]) -> web.Response:
    """What an endpoint answers; in another order than it was asked, as it may."""
    data = [{"object": "embedding", "index": place, "embedding": one} for place, one in enumerate(vectors)]
    return web.json_response(
        {"object": "list", "model": "e", "data": data[::-1], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    )


def pieces(text: str, model: str = "m", finish_reason: str | None = "stop") -> list[dict[str, Any]]:
    """What an endpoint answers, piece by piece; the last one says what it cost."""
    halves = [text[: len(text) // 2], text[len(text) // 2 :]]
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model}
    usage = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}
    return [
        *({**head, "choices": [_choice({"role": "assistant", "content": half})]} for half in halves),
        {**head, "choices": [_choice({}, finish_reason)]},
        {**head, "choices": [], "usage": usage},
    ]


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


async def said(request: web.Request, text: str, model: str = "m") -> web.StreamResponse:
    """A whole answer."""
    return await streamed(request, pieces(text, model))


async def streamed(
    request: web.Request, given: list[dict[str, Any]], end: bytes = b"data: [DONE]\n\n"
) -> web.StreamResponse:
    """These pieces, and the end."""
    answer = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await answer.prepare(request)
    for piece in given:
        await answer.write(f"data: {json.dumps(piece)}\n\n".encode())
    await answer.write(end)
    return answer


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
    """Half an answer, and the connection is gone."""
    answer = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await answer.prepare(request)
    await answer.write(f"data: {json.dumps(pieces('Отпуск длится')[0])}\n\n".encode())
    assert request.transport is not None
    request.transport.abort()
    return answer


async def ends_early(request: web.Request) -> web.StreamResponse:
    """Half a stream, ended in good order: no client sees a fault in it."""
    return await streamed(request, pieces("Отпуск длится")[:2], end=b"")


async def stalls(request: web.Request) -> web.StreamResponse:
    """A piece, and then nothing."""
    answer = await streamed(request, pieces("Отпуск длится")[:1], end=b": still here\n\n")
    await asyncio.sleep(60)
    return answer


async def has_no_end(request: web.Request) -> web.StreamResponse:
    """It goes on and on."""
    return await streamed(request, pieces("отпуск " * 400)[:1] * 100)


async def is_half_a_piece(request: web.Request) -> web.StreamResponse:
    """A piece that is no JSON."""
    return await streamed(request, [], end=b'data: {"id": "c1", "choices": [{"ind\n\n')


async def is_no_json(_request: web.Request) -> web.Response:
    """A proxy's page."""
    return web.Response(text="<html>Bad gateway</html>", content_type="application/json")


async def is_a_page(_request: web.Request) -> web.Response:
    """A proxy's page, and it says so."""
    return web.Response(text="<html>Sign in</html>", content_type="text/html")


async def is_a_list(_request: web.Request) -> web.Response:
    """JSON, of another shape."""
    return web.json_response([1, 2])


async def says_a_list(request: web.Request) -> web.StreamResponse:
    """A completion whose text is none."""
    given = pieces("x")
    given[0]["choices"][0]["delta"]["content"] = [{"type": "text", "text": "x"}]
    return await streamed(request, given)


async def moves(_request: web.Request) -> web.Response:
    """Somewhere else."""
    return web.Response(status=307, headers={"location": "http://127.0.0.1:9/v1/chat/completions"})


async def is_cut(request: web.Request) -> web.StreamResponse:
    """A censor stopped it."""
    return await streamed(request, pieces("...", finish_reason="content_filter"))


@asynccontextmanager
async def scripted_model() -> AsyncIterator[ScriptedModel]:
    """Serve on a free port."""
    model = ScriptedModel()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model._complete)
    app.router.add_post("/v1/embeddings", model._embed)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    model.url = f"http://127.0.0.1:{port}/v1"
    yield model
    await runner.cleanup()
