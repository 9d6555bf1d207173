"""The servicer of SettingsService: message -> use case -> message."""

from uuid import UUID

from kit.rpc import Context
from portal import packing
from portal.departments import Departments
from portal.settings import SettingsOfPortals
from teachbase.portal.v1 import settings_pb2 as pb
from teachbase.portal.v1 import settings_pb2_grpc


class SettingsServicer(settings_pb2_grpc.SettingsServiceServicer):
    """Speaks for what a portal's administrator may choose."""

    def __init__(self, settings: SettingsOfPortals, departments: Departments) -> None:
        self._settings = settings
        self._departments = departments

    async def SetSettings(self, request: pb.SetSettingsRequest, context: Context) -> pb.SetSettingsResponse:
        actor = packing.actor(request.actor) if request.HasField("actor") else None
        settings = packing.settings_from(request.settings)
        portal = await self._settings.save(UUID(request.portal_id), settings, actor)
        return pb.SetSettingsResponse(portal=packing.portal(portal))

    async def ListDepartments(
        self, request: pb.ListDepartmentsRequest, context: Context
    ) -> pb.ListDepartmentsResponse:
        found = await self._departments.all(UUID(request.portal_id))
        return pb.ListDepartmentsResponse(departments=map(packing.department, found))
