"""The servicer of PortalService: message -> use case -> message."""

from collections.abc import AsyncIterator
from datetime import UTC
from uuid import UUID

from kit import changefeed, paging
from kit.changefeed import Waker
from kit.pb import enum_name, enum_value, moment, to_datetime
from kit.rpc import Context
from portal import packing
from portal.access import Accesses
from portal.adopt import ApplicationTokens
from portal.authorize import Authorizations
from portal.changes import Changes
from portal.deletion import Deletions
from portal.employees import Employees
from portal.endpoint import Endpoints
from portal.fetch import FetchedEvents
from portal.install import Installs
from portal.life_cycle import LifeCycle, LifeEvent
from portal.open_session import PageSessions
from portal.operate import Operations
from portal.portals import Portals
from portal.register import Registrations
from portal.setup import Setup
from portal.tokens import Tokens
from teachbase.portal.v1 import feed_pb2, install_pb2, service_pb2, service_pb2_grpc, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb


class PortalServicer(service_pb2_grpc.PortalServiceServicer):
    """Speaks for the portal context."""

    def __init__(
        self,
        *,
        installs: Installs,
        page_sessions: PageSessions,
        authorizations: Authorizations,
        employees: Employees,
        accesses: Accesses,
        setup: Setup,
        portals: Portals,
        operations: Operations,
        registrations: Registrations,
        tokens: Tokens,
        endpoints: Endpoints,
        application_tokens: ApplicationTokens,
        life_cycle: LifeCycle,
        deletions: Deletions,
        fetched_events: FetchedEvents,
        changes: Changes,
        waker: Waker,
    ) -> None:
        self._installs = installs
        self._page_sessions = page_sessions
        self._authorizations = authorizations
        self._employees = employees
        self._accesses = accesses
        self._setup = setup
        self._portals = portals
        self._operations = operations
        self._registrations = registrations
        self._tokens = tokens
        self._endpoints = endpoints
        self._application_tokens = application_tokens
        self._life_cycle = life_cycle
        self._deletions = deletions
        self._fetched_events = fetched_events
        self._changes = changes
        self._waker = waker

    async def CompleteInstall(
        self, request: install_pb2.CompleteInstallRequest, context: Context
    ) -> install_pb2.CompleteInstallResponse:
        portal, portal_token = await self._installs.complete(request)
        return install_pb2.CompleteInstallResponse(portal=packing.portal(portal), portal_token=portal_token)

    async def FinalizeInstall(
        self, request: install_pb2.FinalizeInstallRequest, context: Context
    ) -> install_pb2.FinalizeInstallResponse:
        portal = await self._installs.finalize(UUID(request.portal_id), list(request.user_ids))
        return install_pb2.FinalizeInstallResponse(portal=packing.portal(portal))

    async def OpenSession(
        self, request: install_pb2.OpenSessionRequest, context: Context
    ) -> install_pb2.OpenSessionResponse:
        opened = await self._page_sessions.open(request)
        return install_pb2.OpenSessionResponse(
            origin=opened.origin,
            user=install_pb2.PortalUser(id=opened.user.id, name=opened.user.name, is_admin=opened.user.is_admin),
            portal=packing.portal(opened.portal) if opened.portal else None,
            portal_token=opened.portal_token,
            expires_in=opened.expires_in,
        )

    async def BeginAuthorization(
        self, request: install_pb2.BeginAuthorizationRequest, context: Context
    ) -> install_pb2.BeginAuthorizationResponse:
        url, until = await self._authorizations.begin(UUID(request.portal_id), packing.actor(request.actor))
        return install_pb2.BeginAuthorizationResponse(url=url, expires_at=moment(until))

    async def CompleteAuthorization(
        self, request: install_pb2.CompleteAuthorizationRequest, context: Context
    ) -> install_pb2.CompleteAuthorizationResponse:
        portal = await self._authorizations.complete(
            request.code, request.state, request.server_endpoint, request.remote_ip
        )
        return install_pb2.CompleteAuthorizationResponse(portal=packing.portal(portal))

    async def ListEmployees(self, request: pb.ListEmployeesRequest, context: Context) -> pb.ListEmployeesResponse:
        portal_id = UUID(request.portal_id)
        if request.user_ids:
            found, token = await self._employees.named(portal_id, list(request.user_ids)), ""
        else:
            size = paging.size_of(request.page_size)
            found, token = await self._employees.page(portal_id, request.query, request.page_token, size)
        return pb.ListEmployeesResponse(employees=map(packing.employee, found), next_page_token=token)

    async def SetAccess(self, request: pb.SetAccessRequest, context: Context) -> pb.SetAccessResponse:
        portal_id = UUID(request.portal_id)
        actor = packing.actor(request.actor) if request.HasField("actor") else None
        added = await self._accesses.set(portal_id, packing.access_from(request.access), actor)
        portal = await self._portals.get(portal_id)
        return pb.SetAccessResponse(portal=packing.portal(portal), added_user_ids=added)

    async def EnsureBot(self, request: pb.EnsureBotRequest, context: Context) -> pb.EnsureBotResponse:
        return pb.EnsureBotResponse(bot=packing.bot(await self._setup.run(UUID(request.portal_id))))

    async def GetPortal(self, request: pb.GetPortalRequest, context: Context) -> pb.GetPortalResponse:
        return pb.GetPortalResponse(portal=packing.portal(await self._portals.get(UUID(request.portal_id))))

    async def CreatePortal(
        self, request: service_pb2.CreatePortalRequest, context: Context
    ) -> service_pb2.CreatePortalResponse:
        actor = packing.actor(request.actor)
        portal = await self._registrations.create(request.member_id, request.domain, actor)
        return service_pb2.CreatePortalResponse(portal=packing.portal(portal))

    async def DeletePortal(
        self, request: service_pb2.DeletePortalRequest, context: Context
    ) -> service_pb2.DeletePortalResponse:
        portal = await self._registrations.delete(UUID(request.portal_id), packing.actor(request.actor))
        return service_pb2.DeletePortalResponse(portal=packing.portal(portal))

    async def SuspendPortal(
        self, request: service_pb2.SuspendPortalRequest, context: Context
    ) -> service_pb2.SuspendPortalResponse:
        portal = await self._operations.suspend(
            UUID(request.portal_id), request.reason, packing.actor(request.actor)
        )
        return service_pb2.SuspendPortalResponse(portal=packing.portal(portal))

    async def ResumePortal(
        self, request: service_pb2.ResumePortalRequest, context: Context
    ) -> service_pb2.ResumePortalResponse:
        portal = await self._operations.resume(UUID(request.portal_id), packing.actor(request.actor))
        return service_pb2.ResumePortalResponse(portal=packing.portal(portal))

    async def SetUpPortal(
        self, request: service_pb2.SetUpPortalRequest, context: Context
    ) -> service_pb2.SetUpPortalResponse:
        portal = await self._operations.set_up(UUID(request.portal_id), packing.actor(request.actor))
        return service_pb2.SetUpPortalResponse(portal=packing.portal(portal))

    async def ListPortals(self, request: pb.ListPortalsRequest, context: Context) -> pb.ListPortalsResponse:
        since, until = to_datetime(request, "since"), to_datetime(request, "until")
        portals, token = await self._portals.page(
            query=request.query,
            state=enum_name(pb.PortalState, request.state),
            health=enum_name(pb.PortalHealth, request.health),
            since=since,
            until=until,
            page_token=request.page_token,
            size=paging.size_of(request.page_size),
        )
        is_first = not request.page_token
        totals = await self._portals.totals(query=request.query, since=since, until=until) if is_first else []
        return pb.ListPortalsResponse(
            portals=map(packing.portal, portals), next_page_token=token, totals=map(packing.total, totals)
        )

    async def ListLife(self, request: pb.ListLifeRequest, context: Context) -> pb.ListLifeResponse:
        entries, token = await self._portals.life(
            UUID(request.portal_id),
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
            page_token=request.page_token,
            size=paging.size_of(request.page_size),
        )
        return pb.ListLifeResponse(entries=map(packing.life_entry, entries), next_page_token=token)

    async def GetAccessToken(
        self, request: tokens_pb2.GetAccessTokenRequest, context: Context
    ) -> tokens_pb2.GetAccessTokenResponse:
        token = await self._tokens.current(UUID(request.portal_id))
        return tokens_pb2.GetAccessTokenResponse(token=packing.token(token))

    async def RefreshAccessToken(
        self, request: tokens_pb2.RefreshAccessTokenRequest, context: Context
    ) -> tokens_pb2.RefreshAccessTokenResponse:
        token = await self._tokens.refreshed(UUID(request.portal_id), request.refused_generation)
        return tokens_pb2.RefreshAccessTokenResponse(token=packing.token(token))

    async def ConfirmEndpoint(
        self, request: tokens_pb2.ConfirmEndpointRequest, context: Context
    ) -> tokens_pb2.ConfirmEndpointResponse:
        endpoint = await self._endpoints.confirm(UUID(request.portal_id))
        return tokens_pb2.ConfirmEndpointResponse(client_endpoint=endpoint)

    async def AdoptApplicationToken(
        self, request: tokens_pb2.AdoptApplicationTokenRequest, context: Context
    ) -> tokens_pb2.AdoptApplicationTokenResponse:
        await self._application_tokens.adopt(
            request.member_id, request.access_token, request.application_token_hash, request.remote_ip
        )
        return tokens_pb2.AdoptApplicationTokenResponse()

    async def HandleLifeCycle(
        self, request: feed_pb2.HandleLifeCycleRequest, context: Context
    ) -> feed_pb2.HandleLifeCycleResponse:
        event = LifeEvent(
            member_id=request.member_id,
            event=request.event,
            is_proven=request.is_proven,
            clean=request.clean,
            application_token_hash=request.application_token_hash,
            access_token=request.access_token,
            refresh_token=request.refresh_token,
            expires_in=request.expires_in,
            server_endpoint=request.server_endpoint,
            remote_ip=request.remote_ip,
            received_at=to_datetime(request, "received_at"),
            probe=request.probe,
        )
        state = await self._life_cycle.handle(event)
        return feed_pb2.HandleLifeCycleResponse(state=enum_value(pb.PortalState, state))

    async def ReportPurge(
        self, request: feed_pb2.ReportPurgeRequest, context: Context
    ) -> feed_pb2.ReportPurgeResponse:
        asked_at = request.asked_at.ToDatetime(tzinfo=UTC)
        await self._deletions.report(UUID(request.portal_id), asked_at, request.context, dict(request.deleted))
        return feed_pb2.ReportPurgeResponse()

    async def FetchEvents(
        self, request: feed_pb2.FetchEventsRequest, context: Context
    ) -> feed_pb2.FetchEventsResponse:
        page = await self._fetched_events.page(UUID(request.portal_id), request.offset, request.limit)
        return feed_pb2.FetchEventsResponse(page=page)

    async def WatchPortals(
        self, request: feed_pb2.WatchPortalsRequest, context: Context
    ) -> AsyncIterator[feed_pb2.WatchPortalsResponse]:
        pages = changefeed.pages(request.cursor, self._changes.read, lambda change: change.cursor, self._waker)
        async for page, cursor in pages:
            yield feed_pb2.WatchPortalsResponse(changes=map(packing.change, page), cursor=cursor)
