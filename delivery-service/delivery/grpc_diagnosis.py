"""The servicer of DiagnosisService: message -> use case -> message."""

from uuid import UUID

from delivery.diagnose import NAME, Diagnoses, Finding
from kit.pb import enum_value, struct
from kit.rpc import Context
from teachbase.delivery.v1 import diagnosis_pb2 as pb
from teachbase.delivery.v1 import diagnosis_pb2_grpc
from teachbase.portal.v1 import diagnosis_pb2 as shape


class DiagnosisServicer(diagnosis_pb2_grpc.DiagnosisServiceServicer):
    """Speaks for the diagnosis of portals."""

    def __init__(self, diagnoses: Diagnoses) -> None:
        self._diagnoses = diagnoses

    async def Diagnose(self, request: pb.DiagnoseRequest, context: Context) -> pb.DiagnoseResponse:
        found = await self._diagnoses.make(UUID(request.portal_id))
        return pb.DiagnoseResponse(checks=[_check_to_pb(found)])

    async def AttemptFix(self, request: pb.AttemptFixRequest, context: Context) -> pb.AttemptFixResponse:
        ended = await self._diagnoses.attempt_fix(UUID(request.portal_id))
        if ended is None:
            return pb.AttemptFixResponse()
        before, after = ended
        fix = shape.Fix(name=NAME, did=before.fix, before=_check_to_pb(before), after=_check_to_pb(after))
        return pb.AttemptFixResponse(fixes=[fix])


def _check_to_pb(finding: Finding) -> shape.Check:
    return shape.Check(
        name=NAME,
        severity=shape.SEVERITY_ERROR,
        state=enum_value(shape.CheckState, finding.state),
        reason=finding.reason,
        evidence=struct(finding.evidence),
        what_would_be_done=finding.fix,
        can_fix=bool(finding.fix),
    )
