"""The servicer of AdminService: message -> use case -> message."""

from uuid import UUID

from google.protobuf.json_format import MessageToDict

from kit import paging
from kit.pb import moment, optional_uuid, struct, to_datetime
from kit.rpc import Context
from portal.accounts import Accounts
from portal.admins import Admins
from portal.domain import AccountChange, Actor, Admin, AuditEntry, SessionTokens
from portal.operate import Operations
from teachbase.portal.v1 import admin_pb2 as pb
from teachbase.portal.v1 import admin_pb2_grpc, portal_pb2


class AdminServicer(admin_pb2_grpc.AdminServiceServicer):
    """Speaks for the accounts of the vendor's staff."""

    def __init__(self, admins: Admins, accounts: Accounts, operations: Operations) -> None:
        self._admins = admins
        self._accounts = accounts
        self._operations = operations

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:
        admin, tokens = await self._admins.login(request.email, request.password, request.remote_ip)
        return pb.LoginResponse(admin=_admin_to_pb(admin), tokens=_tokens_to_pb(tokens))

    async def RefreshSession(
        self, request: pb.RefreshSessionRequest, context: Context
    ) -> pb.RefreshSessionResponse:
        request_id = optional_uuid(request.request_id)
        tokens = await self._admins.refresh(request.refresh_token, request.remote_ip, request_id)
        return pb.RefreshSessionResponse(tokens=_tokens_to_pb(tokens))

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutResponse:
        await self._admins.logout(UUID(request.session_id), request.remote_ip)
        return pb.LogoutResponse()

    async def GetSession(self, request: pb.GetSessionRequest, context: Context) -> pb.GetSessionResponse:
        return pb.GetSessionResponse(admin=_admin_to_pb(await self._admins.of_session(UUID(request.session_id))))

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, context: Context
    ) -> pb.ChangePasswordResponse:
        await self._admins.change_password(
            UUID(request.session_id), request.current_password, request.new_password, request.remote_ip
        )
        return pb.ChangePasswordResponse()

    async def GetAdmin(self, request: pb.GetAdminRequest, context: Context) -> pb.GetAdminResponse:
        return pb.GetAdminResponse(admin=_admin_to_pb(await self._admins.get(UUID(request.admin_id))))

    async def ListAdmins(self, request: pb.ListAdminsRequest, context: Context) -> pb.ListAdminsResponse:
        found, token = await self._accounts.page(
            query=request.query,
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
            page_token=request.page_token,
            size=paging.size_of(request.page_size),
        )
        return pb.ListAdminsResponse(admins=map(_admin_to_pb, found), next_page_token=token)

    async def CreateAdmin(self, request: pb.CreateAdminRequest, context: Context) -> pb.CreateAdminResponse:
        created = await self._accounts.create(request.email, request.role, request.password, _actor(request.actor))
        return pb.CreateAdminResponse(admin=_admin_to_pb(created))

    async def UpdateAdmin(self, request: pb.UpdateAdminRequest, context: Context) -> pb.UpdateAdminResponse:
        changed = await self._accounts.change(
            UUID(request.admin_id),
            AccountChange(
                role=request.role if request.HasField("role") else None,
                disabled=request.disabled if request.HasField("disabled") else None,
                password=request.password if request.HasField("password") else None,
            ),
            _actor(request.actor),
        )
        return pb.UpdateAdminResponse(admin=_admin_to_pb(changed))

    async def DeleteAdmin(self, request: pb.DeleteAdminRequest, context: Context) -> pb.DeleteAdminResponse:
        await self._accounts.remove(UUID(request.admin_id), _actor(request.actor))
        return pb.DeleteAdminResponse()

    async def ListAudit(self, request: pb.ListAuditRequest, context: Context) -> pb.ListAuditResponse:
        entries, token = await self._operations.audited(
            portal_id=optional_uuid(request.portal_id),
            admin_id=optional_uuid(request.admin_id),
            action=request.action,
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
            page_token=request.page_token,
            size=paging.size_of(request.page_size),
        )
        return pb.ListAuditResponse(entries=map(_entry_to_pb, entries), next_page_token=token)

    async def RecordChange(self, request: pb.RecordChangeRequest, context: Context) -> pb.RecordChangeResponse:
        await self._operations.record(
            _actor(request.actor),
            request.action,
            optional_uuid(request.portal_id),
            before=MessageToDict(request.before),
            after=MessageToDict(request.after),
        )
        return pb.RecordChangeResponse()


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
    return pb.Admin(
        id=str(admin.id),
        email=admin.email,
        role=admin.role,
        created_at=moment(admin.created_at),
        must_change_password=admin.must_change_password,
        disabled=admin.disabled,
    )


def _actor(actor: portal_pb2.Actor) -> Actor:
    return Actor(UUID(actor.admin_id), actor.remote_ip)


def _tokens_to_pb(tokens: SessionTokens) -> pb.SessionTokens:
    return pb.SessionTokens(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )
