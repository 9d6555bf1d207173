"""The floor of any FastAPI ingest: reads and parses the form, answers 200, keeps nothing."""

from fastapi import FastAPI, Request

from bench.events import PATH

app = FastAPI()


@app.post(PATH)
async def take_event(request: Request) -> dict[str, str]:
    """Parse an event and forget it."""
    async with request.form() as form:
        return {"status": "ok", "event": str(form["event"])}
