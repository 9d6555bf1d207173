"""The page's HTML: everything with words in it is rendered here, the script fills it."""

from pathlib import Path
from typing import Final

import orjson
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from b24sim.control.request import cloud_of
from b24sim.page.texts import TEXTS

FOLDER: Final = Path(__file__).parent
# The product's page is posted to and shown in a frame.
POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self' {product}; frame-src {product}"
)
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
    product = cloud_of(request).settings.product_url
    headers = {"Content-Security-Policy": POLICY.format(product=product), "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)


async def library(_request: Request) -> Response:
    """BX24, at the address where the platform serves it (contract 6.4)."""
    return FileResponse(FOLDER / "static" / "bx24.js", media_type="text/javascript")
