"""Pages for people: the portal app's, filled in for who opens it, and notices where there is no app to show."""

import html
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import structlog
from fastapi.responses import HTMLResponse

from kit import trace

log = structlog.get_logger("pages")

BOOT = '<script type="application/json" id="boot">{}</script>'
BX24_URL = "__BX24_URL__"
_RUSSIAN = {"ru", "by", "kz", "ua"}
_ANYWHERE = "*"
_NOTICE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Teachbase AI</title></head>
<body><main><h1>Teachbase AI</h1><p>{text}</p><p><small>{trace_id}</small></p></main></body></html>
"""
TEXTS = {
    "open_in_bitrix": {
        "ru": "Откройте приложение Teachbase AI в вашем Битрикс24.",
        "en": "Open the Teachbase AI app in your Bitrix24.",
    },
    "not_verified": {
        "ru": "Битрикс24 не подтвердил, что страницу открыли вы. Закройте её и откройте приложение снова.",
        "en": "Bitrix24 did not confirm that it was you who opened this page. Close it and open the app again.",
    },
    "not_built": {
        "ru": "Страница приложения не установлена на сервере. Сообщите об этом поддержке Teachbase AI.",
        "en": "The app's page is not installed on the server. Please tell the support of Teachbase AI.",
    },
    "authorized": {
        "ru": "Доступ восстановлен. Спасибо! Эту страницу можно закрыть.",
        "en": "Access is restored. Thank you! You may close this page.",
    },
    "not_authorized": {
        "ru": "Ссылка не подошла: она устарела, она для другого портала, или вы не его администратор. "
        "Попросите у поддержки Teachbase AI новую.",
        "en": "The link did not work: it is too old, it is for another portal, or you are not its administrator. "
        "Ask the support of Teachbase AI for a new one.",
    },
    "try_again": {
        "ru": "Сейчас не получается связаться с Битрикс24. Закройте страницу и откройте приложение через минуту.",
        "en": "Bitrix24 cannot be reached right now. Close this page and open the app again in a minute.",
    },
}


@dataclass(frozen=True)
class PortalPage:
    """The built page of the portal app, as a template."""

    template: str
    bx24_url: str

    @classmethod
    def load(cls, ui_dir: Path, bx24_url: str) -> "PortalPage":
        """Read `portal/portal.html` of a build of admin-ui; where it was not built there is a notice instead."""
        file = ui_dir / "portal" / "portal.html"
        if not file.exists():
            log.error("admin-ui is not built", looked_for=str(file))
            return cls("", bx24_url)
        return cls(file.read_text(), bx24_url)

    def answer(self, page: str, lang: str, placement: str, origin: str) -> HTMLResponse:
        """Return the app's page for a portal, which alone may frame it. It holds no secret (contract 6.2)."""
        if not self.template:
            return notice("not_built", lang, 503, trace.current.get())
        boot = orjson.dumps({"page": page, "lang": lang, "placement": placement}).decode().replace("<", "\\u003c")
        filled = self.template.replace(BOOT, BOOT.replace("{}", boot)).replace(
            BX24_URL, html.escape(self.bx24_url)
        )
        parts = urlsplit(self.bx24_url)
        return HTMLResponse(filled, headers=headers(origin, f"'self' {parts.scheme}://{parts.netloc}"))


def notice(text: str, lang: str, status: int, trace_id: str = "") -> HTMLResponse:
    """Return a page with one sentence; any portal may frame it, for whose it is nobody has said yet."""
    body = _NOTICE.format(lang=lang, text=html.escape(TEXTS[text][lang]), trace_id=html.escape(trace_id))
    return HTMLResponse(body, status, headers=headers(_ANYWHERE, "'none'"))


def language_of(lang: str) -> str:
    """Return "ru" or "en" for the LANG of a portal (contract 6.5)."""
    return "ru" if lang.lower() in _RUSSIAN else "en"


def preferred(accept_language: str) -> str:
    """Return "ru" or "en" for what a browser asks for first."""
    return language_of(accept_language[:2] or "ru")


def headers(framed_by: str, scripts: str) -> dict[str, str]:
    """Return what a page of ours is sent with: who may frame it, and whose scripts it runs."""
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {framed_by}"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
