"""The portal context: its change feed."""

from collections.abc import AsyncIterator

import grpc

from teachbase.portal.v1 import portal_pb2 as pb
from teachbase.portal.v1.portal_pb2_grpc import PortalServiceStub


class PortalClient:
    """Listens to portal."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PortalServiceStub(channel)

    async def watch(self, cursor: int) -> AsyncIterator[pb.WatchPortalsResponse]:
        """Yield pages of the change feed after a cursor, for ever."""
        async for page in self._stub.WatchPortals(pb.WatchPortalsRequest(cursor=cursor)):
            yield page
