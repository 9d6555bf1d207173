"""The servicer of OperationsService: message -> use case -> message."""

from uuid import UUID

from delivery.queues import Queues
from kit.pb import moment, optional_uuid
from kit.queue_pauses import QueuePause, QueuePauses
from kit.queues import QueueState
from kit.rpc import Context
from teachbase.delivery.v1 import operations_pb2 as pb
from teachbase.delivery.v1 import operations_pb2_grpc
from teachbase.portal.v1 import operations_pb2 as shape


class OperationsServicer(operations_pb2_grpc.OperationsServiceServicer):
    """Speaks for this context's queues."""

    def __init__(self, queues: Queues, pauses: QueuePauses) -> None:
        self._queues = queues
        self._pauses = pauses

    async def GetQueues(self, request: pb.GetQueuesRequest, context: Context) -> pb.GetQueuesResponse:
        return pb.GetQueuesResponse(queues=map(_to_pb, await self._queues.look()))

    async def PauseQueue(self, request: pb.PauseQueueRequest, context: Context) -> pb.PauseQueueResponse:
        await self._pauses.pause(UUID(request.portal_id), request.queue, request.reason, request.paused_by)
        return pb.PauseQueueResponse()

    async def ResumeQueue(self, request: pb.ResumeQueueRequest, context: Context) -> pb.ResumeQueueResponse:
        await self._pauses.resume(UUID(request.portal_id), request.queue)
        return pb.ResumeQueueResponse()

    async def ListQueuePauses(
        self, request: pb.ListQueuePausesRequest, context: Context
    ) -> pb.ListQueuePausesResponse:
        found = await self._pauses.all(optional_uuid(request.portal_id))
        return pb.ListQueuePausesResponse(pauses=map(_pause_to_pb, found))


def _pause_to_pb(pause: QueuePause) -> shape.QueuePause:
    return shape.QueuePause(
        portal_id=str(pause.portal_id),
        queue=pause.queue,
        reason=pause.reason,
        paused_by=pause.paused_by,
        paused_at=moment(pause.paused_at),
    )


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
