"""The servicer of OperationsService: message -> use case -> message."""

from kit.heartbeat import Beat
from kit.pb import moment
from kit.rpc import Context
from portal.workers import Workers
from teachbase.portal.v1 import operations_pb2 as pb
from teachbase.portal.v1 import operations_pb2_grpc


class OperationsServicer(operations_pb2_grpc.OperationsServiceServicer):
    """Speaks for the product's processes."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def ListWorkers(self, request: pb.ListWorkersRequest, context: Context) -> pb.ListWorkersResponse:
        return pb.ListWorkersResponse(workers=[_to_pb(*one) for one in await self._workers.all()])


def _to_pb(beat: Beat, state: str) -> pb.Worker:
    return pb.Worker(
        name=beat.name,
        host=beat.host,
        pid=beat.pid,
        started_at=moment(beat.started_at),
        heartbeat_at=moment(beat.heartbeat_at),
        current_job=beat.current_job,
        since=moment(beat.since),
        state=state,
    )
