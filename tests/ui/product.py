"""A stand-in for the product: the gateway's own page and assets of the built app, and a fake API behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from edge.assets import Assets
from edge.pages import PortalPage

DIST = Path(__file__).parents[2] / "admin-ui" / "dist" / "portal"
LIMITS = [
    {"name": "replies_per_month", "used": 812, "limit": 1000, "resets_at": "2026-10-01T00:00:00Z"},
    {"name": "documents", "used": 14, "limit": None, "resets_at": "2026-10-01T00:00:00Z"},
]
PLAN = {"code": "start", "name_ru": "Старт", "name_en": "Start", "status": "active", "ends_at": None}
DAYS = [{"day": f"2026-09-{day:02}", "replies": day * 7 % 40} for day in range(1, 25)]
BOT = {"id": 812, "status": "registered", "error_code": None, "api": "v2"}
ANSWERS = {
    "model_enabled": False,
    "base_url": "",
    "models": [],
    "tone": "neutral",
    "strictness": "balanced",
    "language": "question",
    "citations": "full",
    "history": 4,
    "embeddings": "off",
    "embedding_model": "",
}
STRUCTURE = [
    (0, "Ромашка"),
    (1, "Продажи"),
    (2, "Отдел тёплых звонков"),
    (2, "Отдел по работе с крупными клиентами, тендерами и государственными закупками Северо-Западного округа"),
    (1, "Бухгалтерия"),
    (1, "Склад"),
]


def tree(structure: list[tuple[int, str]]) -> list[dict[str, Any]]:
    """Departments, numbered from 1, of names that come with how deep they are."""
    above: dict[int, int] = {}
    made: list[dict[str, Any]] = []
    for number, (depth, name) in enumerate(structure, 1):
        above[depth] = number
        made.append({"id": number, "name": name, "parent_id": above[depth - 1] if depth else None})
    return made


@dataclass
class Failure:
    """An answer that the next calls of a path get instead of the true one."""

    status: int
    error: str
    message: str = "It is not possible now."
    headers: dict[str, str] = field(default_factory=dict)
    count: int = 1


@dataclass
class Product:
    """What the fake knows, what it heard, and what it is to answer."""

    sim_url: str = ""
    url: str = ""
    people: list[dict[str, Any]] = field(default_factory=list)
    status: str = "installing"
    suspended_reason: str | None = None
    bot: dict[str, Any] = field(default_factory=lambda: dict(BOT))
    allowed: list[int] = field(default_factory=list)
    mode: str = "list"
    department_ids: list[int] = field(default_factory=list)
    departments: list[dict[str, Any]] = field(default_factory=lambda: tree(STRUCTURE))
    settings: dict[str, Any] = field(default_factory=lambda: {"language": "ru", "event_mode": "webhook"})
    answer_settings: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, list[Failure]] = field(default_factory=dict)
    provisions: list[dict[str, Any]] = field(default_factory=list)
    lang: str = ""
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=lambda: dict(PLAN))
    tokens: int = 0
    ended: set[str] = field(default_factory=set)

    def reset(self, people: int = 12) -> None:
        """Forget everything; the portal gets this many employees, the first of them its administrator."""
        fresh = Product(self.sim_url, self.url, people=[_person(number) for number in range(1, people + 1)])
        self.__dict__.update(fresh.__dict__)

    def may_talk(self, person: dict[str, Any]) -> bool:
        reached = set(self.department_ids)
        for department in self.departments:
            if department["parent_id"] in reached:
                reached.add(department["id"])
        if self.mode == "departments":
            return not reached.isdisjoint(person["departments"])
        return self.mode == "all" or person["id"] in self.allowed

    def answers(self) -> dict[str, Any]:
        effective = {**ANSWERS, **self.answer_settings}
        return {
            "own": self.answer_settings,
            "effective": effective,
            "has_api_key": False,
            "allowed_base_urls": [],
        }

    def called(self, path: str) -> list[Any]:
        """The bodies of the calls of a path, in order."""
        return [body for _, called, body in self.calls if called == path]

    def token(self, user_id: int) -> str:
        self.tokens += 1
        return f"{user_id}.{self.tokens}"

    def provision(self, user_ids: list[int]) -> dict[str, Any]:
        if self.provisions:
            return self.provisions.pop(0)
        return {"status": "ok", "total": len(user_ids), "ok": len(user_ids), "failed": []}


def _person(number: int) -> dict[str, Any]:
    names = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Ирина", "Кирилл")
    surnames = ("Ёлкина", "Смирнов", "Кузнецова", "Соколов", "Попова", "Лебедев", "Новикова", "Морозов")
    jobs = ("Методист", "Менеджер по продажам", "Бухгалтер", "Инженер", "Руководитель отдела", "")
    return {
        "id": number,
        "name": names[number % len(names)],
        "last_name": f"{surnames[number % len(surnames)]}{'' if number < 40 else f'-{number}'}",
        "position": jobs[number % len(jobs)],
        "departments": [1 + number % 3],
    }


def site(product: Product) -> Starlette:
    """The product as an ASGI application."""

    async def page(request: Request) -> Response:
        kind = "install" if request.url.path.endswith("install") else "main"
        template = PortalPage.load(DIST.parent, f"{product.sim_url}/api/v1/")
        placement = str((await request.form()).get("PLACEMENT", "DEFAULT"))
        answer = template.answer(kind, product.lang or "ru", placement, product.sim_url)
        policy = answer.headers["Content-Security-Policy"]
        answer.headers["Content-Security-Policy"] = policy.replace(" 'unsafe-inline'", "")
        return answer

    async def api(request: Request) -> Response:
        path, method = request.url.path, request.method
        body = orjson.loads(await request.body() or b"null") if method != "GET" else dict(request.query_params)
        product.calls.append((method, path, body))
        failures = product.failures.get(path)
        if failures:
            failure = failures[0]
            failure.count -= 1
            if not failure.count:
                failures.pop(0)
            return _refused(failure)
        return await _answer(product, request, body)

    return Starlette(
        routes=[
            Route("/v1/bitrix/install", page, methods=["POST"]),
            Route("/v1/bitrix/handler", page, methods=["POST"]),
            Route("/v1/{rest:path}", api, methods=["GET", "POST", "PUT"]),
            Mount("/assets", Assets(directory=DIST / "assets")),
        ]
    )


def _refused(failure: Failure) -> Response:
    body = {"error": failure.error, "trace_id": "01J0TRACE", "message": failure.message, "detail": {}}
    return JSONResponse(body, failure.status, failure.headers)


async def _answer(product: Product, request: Request, body: Any) -> Response:
    if request.url.path == "/v1/bitrix/install/complete":
        portal = {"portal_id": "p1", "portal_token": product.token(1), "trace_id": "t"}
        bot = {**product.bot, "bot_id_present": product.bot["status"] == "registered"}
        return JSONResponse({"status": "ok", **portal, "bot": bot})
    if request.url.path == "/v1/bitrix/session":
        return JSONResponse(await _session(product, body))
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not token or token in product.ended:
        return _refused(Failure(401, "session_expired"))
    route = _ROUTES.get((request.method, request.url.path))
    if route is None:
        return _refused(Failure(404, "not_found"))
    return JSONResponse(route(product, int(token.split(".")[0]), body))


async def _session(product: Product, body: dict[str, Any]) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        profile = await http.get(f"{product.sim_url}/rest/app.info", params={"auth": body["AUTH_ID"]})
    user_id = int(profile.json()["result"].get("user_id", 1)) if profile.status_code == 200 else 1
    user = {"id": user_id, "name": product.people[user_id - 1]["name"], "is_admin": user_id == 1}
    return {
        "portal_id": "p1",
        "portal_token": product.token(user_id),
        "expires_in": 3600,
        "user": user,
        "portal": {"status": product.status, "domain": "romashka.bitrix24.ru"},
    }


def _status(product: Product, user_id: int, _body: Any) -> dict[str, Any]:
    is_admin = user_id == 1
    return {
        "portal_id": "p1",
        "status": product.status,
        "suspended_reason": product.suspended_reason if is_admin else None,
        "domain": "romashka.bitrix24.ru",
        "bot": product.bot,
        "access": {
            "mode": product.mode,
            "users": len(product.allowed),
            "departments": len(product.department_ids),
        },
        "user": {
            "id": user_id,
            "is_admin": is_admin,
            "allowed": product.may_talk(product.people[user_id - 1]),
        },
        "next_step": None,
    }


def _setup(product: Product, user_id: int, body: Any) -> dict[str, Any]:
    product.bot = dict(BOT)
    return _status(product, user_id, body)


def _users(product: Product, _user_id: int, query: dict[str, str]) -> dict[str, Any]:
    needle, first = query.get("query", "").lower(), int(query.get("cursor") or 0)
    found = [
        {**person, "allowed": product.may_talk(person)}
        for person in product.people
        if needle in f"{person['name']} {person['last_name']} {person['position']}".lower()
    ]
    last = first + int(query.get("limit", 50))
    return {"items": found[first:last], "next_cursor": str(last) if last < len(found) else None}


def _allowed(product: Product, _user_id: int, _body: Any) -> dict[str, Any]:
    return {"mode": product.mode, "user_ids": product.allowed, "department_ids": product.department_ids}


def _allow(product: Product, user_id: int, body: dict[str, Any]) -> dict[str, Any]:
    new = [one for one in body["user_ids"] if one not in product.allowed]
    product.mode, product.allowed, product.department_ids = body["mode"], body["user_ids"], body["department_ids"]
    return {**_allowed(product, user_id, body), "provision": product.provision(new)}


def _save_settings(product: Product, _user_id: int, body: dict[str, Any]) -> dict[str, Any]:
    product.settings.update(body)
    return product.settings


def _finalize(product: Product, _user_id: int, body: dict[str, Any]) -> dict[str, Any]:
    product.allowed, product.status = body["selected_user_ids"], "active"
    provision = product.provision(product.allowed)
    steps = {"allowlist": {"status": "ok"}, "ensure_bot": {"status": "ok"}, "provision": provision}
    return {"status": "ok", "trace_id": "t", "steps": steps}


def _save_answer_settings(product: Product, _user: int, body: Any) -> dict[str, Any]:
    product.answer_settings = {name: value for name, value in body.items() if value is not None}
    return product.answers()


_ROUTES: dict[tuple[str, str], Callable[[Product, int, Any], dict[str, Any]]] = {
    ("GET", "/v1/portal/status"): _status,
    ("POST", "/v1/portal/setup"): _setup,
    ("GET", "/v1/portal/users"): _users,
    ("GET", "/v1/portal/allowed-users"): _allowed,
    ("PUT", "/v1/portal/allowed-users"): _allow,
    ("GET", "/v1/portal/departments"): lambda product, _user, _body: {"items": product.departments},
    ("GET", "/v1/portal/settings"): lambda product, _user, _body: product.settings,
    ("PUT", "/v1/portal/settings"): _save_settings,
    ("GET", "/v1/portal/kb/documents"): lambda _product, _user, _body: {"items": [], "next_cursor": None},
    ("GET", "/v1/portal/kb/unsatisfied"): lambda _product, _user, _body: {"items": [], "next_cursor": None},
    ("GET", "/v1/portal/kb/settings"): lambda product, _user, _body: product.answers(),
    ("PUT", "/v1/portal/kb/settings"): _save_answer_settings,
    ("POST", "/v1/bitrix/install/finalize"): _finalize,
    ("POST", "/v1/portal/chats/provision"): lambda product, _user, _body: product.provision(product.allowed),
    ("GET", "/v1/portal/usage"): lambda product, _user, _body: {
        "period": {"from": "2026-09-01T00:00:00Z", "to": "2026-10-01T00:00:00Z"},
        "limits": LIMITS,
        "plan": product.plan,
        "days": DAYS,
    },
}
