"""The servicer of DiagnosisService: message -> use case -> message."""

from uuid import UUID

from kit.pb import enum_value, struct
from kit.rpc import Context
from messaging.diagnose import Diagnoses, Finding
from teachbase.messaging.v1 import diagnosis_pb2 as pb
from teachbase.messaging.v1 import diagnosis_pb2_grpc
from teachbase.portal.v1 import diagnosis_pb2 as shape


class DiagnosisServicer(diagnosis_pb2_grpc.DiagnosisServiceServicer):
    """Speaks for the diagnosis of portals."""

    def __init__(self, diagnoses: Diagnoses) -> None:
        self._diagnoses = diagnoses

    async def Diagnose(self, request: pb.DiagnoseRequest, context: Context) -> pb.DiagnoseResponse:
        found = await self._diagnoses.make(UUID(request.portal_id))
        return pb.DiagnoseResponse(checks=map(_check_to_pb, found))


def _check_to_pb(finding: Finding) -> shape.Check:
    return shape.Check(
        name=finding.name,
        severity=enum_value(shape.Severity, finding.severity),
        state=enum_value(shape.CheckState, finding.state),
        reason=finding.reason,
        evidence=struct(finding.evidence),
        what_would_be_done=finding.human,
    )
