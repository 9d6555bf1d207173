"""The vendor's console in the browser: its page, whichever of its addresses is opened."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from edge.console import ConsolePage
from edge.pages import preferred

router = APIRouter(include_in_schema=False)


@router.get("/admin")
@router.get("/admin/{_path:path}")
async def console(request: Request) -> HTMLResponse:
    """Return the console's page: which part of it is shown, the browser reads from the address."""
    page: ConsolePage = request.app.state.console_page
    return page.answer(preferred(request.headers.get("accept-language", "")))
