"""Employees of a portal: asked of the portal each time, since nobody tells us who joined or left (contract 7)."""

from typing import Any
from uuid import UUID

from bitrix.client import Answer, Call
from bitrix.errors import BitrixError
from bitrix.events import as_id, as_ids, as_map, as_text
from kit.errors import InvalidArgument
from portal.clients.rest import PortalRest
from portal.domain import Employee
from portal.errors import PortalUnavailable

PAGE = 50
"""Of user.get and user.search, whatever is asked (contract 3.2)."""
_MAX_OFFSET = 1_000_000


class Employees:
    """Lists employees."""

    def __init__(self, rest: PortalRest) -> None:
        self._rest = rest

    async def page(self, portal_id: UUID, query: str, page_token: str, size: int) -> tuple[list[Employee], str]:
        """Return active employees by last name, and the token of the next page ("" on the last).

        Raises PortalUnavailable, NoCredential, TokenRefused, OauthUnavailable, InvalidArgument.
        """
        at = _offset(page_token)
        wanted = {"FIND": query} if query.strip() else {}
        found: list[Employee] = []
        total = at + 1
        while len(found) < size and at < total:
            start = at // PAGE * PAGE
            answer = await self._ask(portal_id, wanted, start)
            items = _employees(answer.result)
            part = items[at - start :][: size - len(found)]
            found += part
            at += len(part)
            total = answer.total or 0
            if not part:
                break
        return found, str(at) if at < total and found else ""

    async def named(self, portal_id: UUID, user_ids: list[int]) -> list[Employee]:
        """Return those of some users that are active employees; at most 50 are asked for. Raises like `page`."""
        answer = await self._ask(portal_id, {"@ID": user_ids}, 0)
        return _employees(answer.result)

    async def _ask(self, portal_id: UUID, wanted: dict[str, Any], start: int) -> Answer:
        method = "user.search" if "FIND" in wanted else "user.get"
        params = {
            "FILTER": {"ACTIVE": True, "USER_TYPE": "employee", **wanted},
            "sort": "LAST_NAME",
            "order": "ASC",
            "start": start,
        }
        try:
            return await self._rest.ask(portal_id, Call(method, params, is_idempotent=True))
        except BitrixError as error:
            raise PortalUnavailable(code=error.code, kind=error.kind.value) from None


def _offset(page_token: str) -> int:
    if not page_token:
        return 0
    if not (page_token.isascii() and page_token.isdigit()) or int(page_token) > _MAX_OFFSET:
        raise InvalidArgument(field="page_token", problem="not one of this list")
    return int(page_token)


def _employees(result: Any) -> list[Employee]:
    items = map(as_map, result if isinstance(result, list) else [])
    return [
        Employee(
            id=as_id(item.get("ID")),
            name=as_text(item.get("NAME")),
            last_name=as_text(item.get("LAST_NAME")),
            position=as_text(item.get("WORK_POSITION")),
            department_ids=as_ids(item.get("UF_DEPARTMENT")),
        )
        for item in items
        if as_id(item.get("ID"))
    ]
