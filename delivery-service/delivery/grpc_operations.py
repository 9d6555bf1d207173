"""The servicer of OperationsService: message -> use case -> message."""

from delivery.queues import Queues
from kit.queues import QueueState
from kit.rpc import Context
from teachbase.delivery.v1 import operations_pb2 as pb
from teachbase.delivery.v1 import operations_pb2_grpc
from teachbase.portal.v1 import operations_pb2 as shape


class OperationsServicer(operations_pb2_grpc.OperationsServiceServicer):
    """Speaks for this context's queues."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    async def GetQueues(self, request: pb.GetQueuesRequest, context: Context) -> pb.GetQueuesResponse:
        return pb.GetQueuesResponse(queues=map(_to_pb, await self._queues.look()))


def _to_pb(state: QueueState) -> shape.Queue:
    return shape.Queue(
        name=state.name,
        depth=state.depth,
        oldest_s=state.oldest_s,
        rate_per_min=state.rate_per_min,
        failed_last_hour=state.failed_last_hour,
        dead=state.dead,
        held_portals=state.held_portals,
    )
