"""The page's HTML: everything with words in it is rendered here, the script fills it."""

from pathlib import Path
from typing import Final

import orjson
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from b24sim.page.texts import TEXTS

FOLDER: Final = Path(__file__).parent
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'",
    "Cache-Control": "no-store",
}
TEMPLATES: Final = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)


async def index(request: Request) -> Response:
    """The messenger, in Russian unless `?lang=en`."""
    language = "en" if request.query_params.get("lang") == "en" else "ru"
    texts = TEXTS[language]
    page = TEMPLATES.get_template("index.html").render(
        language=language,
        other="ru" if language == "en" else "en",
        t=texts,
        texts_json=orjson.dumps(texts).decode().replace("<", "\\u003c"),
    )
    return HTMLResponse(page, headers=HEADERS)
