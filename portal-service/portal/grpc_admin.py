"""The servicer of AdminService: message -> use case -> message."""

from uuid import UUID

from kit import paging
from kit.pb import moment, optional_uuid, struct, to_datetime
from kit.rpc import Context
from portal.admins import Admins
from portal.domain import Admin, AuditEntry, SessionTokens
from portal.operate import Operations
from teachbase.portal.v1 import admin_pb2 as pb
from teachbase.portal.v1 import admin_pb2_grpc


class AdminServicer(admin_pb2_grpc.AdminServiceServicer):
    """Speaks for the accounts of the vendor's staff."""

    def __init__(self, admins: Admins, operations: Operations) -> None:
        self._admins = admins
        self._operations = operations

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:
        admin, tokens = await self._admins.login(request.email, request.password, request.remote_ip)
        return pb.LoginResponse(admin=_admin_to_pb(admin), tokens=_tokens_to_pb(tokens))

    async def RefreshSession(
        self, request: pb.RefreshSessionRequest, context: Context
    ) -> pb.RefreshSessionResponse:
        return pb.RefreshSessionResponse(tokens=_tokens_to_pb(await self._admins.refresh(request.refresh_token)))

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutResponse:
        await self._admins.logout(UUID(request.session_id))
        return pb.LogoutResponse()

    async def GetAdmin(self, request: pb.GetAdminRequest, context: Context) -> pb.GetAdminResponse:
        return pb.GetAdminResponse(admin=_admin_to_pb(await self._admins.get(UUID(request.admin_id))))

    async def ListAudit(self, request: pb.ListAuditRequest, context: Context) -> pb.ListAuditResponse:
        entries, token = await self._operations.audited(
            portal_id=optional_uuid(request.portal_id),
            admin_id=optional_uuid(request.admin_id),
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
            page_token=request.page_token,
            size=paging.size_of(request.page_size),
        )
        return pb.ListAuditResponse(entries=map(_entry_to_pb, entries), next_page_token=token)


def _entry_to_pb(entry: AuditEntry) -> pb.AuditEntry:
    return pb.AuditEntry(
        id=str(entry.id),
        created_at=moment(entry.created_at),
        admin_id=str(entry.admin_id),
        email=entry.email,
        action=entry.action,
        portal_id=str(entry.portal_id or ""),
        before=struct(entry.before),
        after=struct(entry.after),
        remote_ip=entry.remote_ip,
        trace_id=entry.trace_id,
    )


def _admin_to_pb(admin: Admin) -> pb.Admin:
    return pb.Admin(id=str(admin.id), email=admin.email, role=admin.role, created_at=moment(admin.created_at))


def _tokens_to_pb(tokens: SessionTokens) -> pb.SessionTokens:
    return pb.SessionTokens(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )
