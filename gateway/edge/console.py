"""The page of the vendor's console: one document for every address under /admin."""

from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi.responses import HTMLResponse

from edge.pages import headers, notice
from kit import trace

log = structlog.get_logger("console")

_NOBODY = "'none'"
_SELF = "'self'"


@dataclass(frozen=True)
class ConsolePage:
    """The built page of the console. It holds nothing of anybody: who looks signs in by the API."""

    document: str

    @classmethod
    def load(cls, ui_dir: Path) -> "ConsolePage":
        """Read `console/console.html` of a build of admin-ui; where it was not built there is a notice instead."""
        file = ui_dir / "console" / "console.html"
        if not file.exists():
            log.error("admin-ui is not built", looked_for=str(file))
            return cls("")
        return cls(file.read_text())

    def answer(self, lang: str) -> HTMLResponse:
        """Return the page, which nobody may frame."""
        if not self.document:
            return notice("not_built", lang, 503, trace.current.get())
        return HTMLResponse(self.document, headers=headers(_NOBODY, _SELF))
