"""Lists that leave as files: message texts go with them, so who takes which is written down first."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from grpc import StatusCode

from edge import csv_file, staff_log
from edge.auth import AdminSession, admin_session
from edge.csv_file import AskedT, RowT
from edge.rpc import Peers, ask
from edge.schemas.admin import Page
from kit.errors import PeerError
from kit.pb import enum_name
from teachbase.portal.v1 import portal_pb2 as pb

_OF_A_PAGE = {"page_size", "page_token", "by_portal"}


class Exports:
    """Files for who asks; without the entry in the audit log there is none."""

    def __init__(
        self, request: Request, admin: Annotated[AdminSession, Depends(admin_session)], peers: Peers
    ) -> None:
        self._request = request
        self._admin = admin
        self._peers = peers

    async def of_list(
        self,
        name: str,
        columns: Sequence[str],
        asked: AskedT,
        page: Callable[[AskedT], Awaitable[Page[RowT]]],
        **more: Any,
    ) -> StreamingResponse:
        """Return a list as a file (`csv_file.of_list`); `more`: filters beside the request's. Raises PeerError."""
        await self.record(name, {**filter_of(cast("Message", asked)), **more})  # every List request is one
        return await csv_file.of_list(name, columns, asked, page)

    async def record(self, name: str, wanted: Mapping[str, Any]) -> None:
        """Write down who takes which list, and with which filters. Raises PeerError."""
        action = f"export.{name.replace('-', '_')}"
        portal_id = await self._known(str(wanted.get("portal_id", "")))
        after = {"filter": dict(wanted)}
        await staff_log.record(self._peers, self._request, self._admin, action, after=after, portal_id=portal_id)

    async def _known(self, portal_id: str) -> str:
        """Return the id of a portal that there is, else "": an entry is shown with the portal that it is about."""
        if portal_id:
            try:
                await ask("portal", self._peers.portal.GetPortal, pb.GetPortalRequest(portal_id=portal_id))
            except PeerError as error:
                if error.status is not StatusCode.NOT_FOUND:
                    raise
                return ""
        return portal_id


Export = Annotated[Exports, Depends()]


def filter_of(asked: Message) -> dict[str, Any]:
    """Return the filters of a List request, in the words of the API."""
    found = MessageToDict(asked, preserving_proto_field_name=True)
    for field, value in asked.ListFields():
        if field.enum_type:
            found[field.name] = enum_name(EnumTypeWrapper(field.enum_type), value)
    return {name: value for name, value in found.items() if name not in _OF_A_PAGE}
