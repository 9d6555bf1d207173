"""The servicer of DiagnosisService: message -> use case -> message."""

from collections.abc import Iterator
from uuid import UUID

from kit.pb import enum_name, enum_value, struct, to_datetime
from kit.rpc import Context
from portal.checks.catalog import CATALOG, Check, Findings
from portal.checks.finding import Finding
from portal.diagnose import Diagnoses
from portal.domain import Actor
from portal.mend import Fix, Mender
from portal.probes import Probes
from teachbase.portal.v1 import diagnosis_pb2 as pb
from teachbase.portal.v1 import diagnosis_pb2_grpc

_CHECKS = {check.name: check for check in CATALOG}


class DiagnosisServicer(diagnosis_pb2_grpc.DiagnosisServiceServicer):
    """Speaks for the diagnosis of portals."""

    def __init__(self, diagnoses: Diagnoses, mender: Mender, probes: Probes) -> None:
        self._diagnoses = diagnoses
        self._mender = mender
        self._probes = probes

    async def Diagnose(self, request: pb.DiagnoseRequest, context: Context) -> pb.DiagnoseResponse:
        diagnosis = await self._diagnoses.make(UUID(request.portal_id))
        return pb.DiagnoseResponse(checks=_checks_to_pb(diagnosis.findings))

    async def AttemptFix(self, request: pb.AttemptFixRequest, context: Context) -> pb.AttemptFixResponse:
        actor = Actor(UUID(request.actor.admin_id), request.actor.remote_ip)
        elsewhere = {
            one.name: {"state": enum_name(pb.CheckState, one.state), "reason": one.reason}
            for one in request.elsewhere
        }
        mended = await self._mender.attempt(UUID(request.portal_id), actor, elsewhere)
        return pb.AttemptFixResponse(
            fixes=[_fix_to_pb(_CHECKS[name], fix) for name, fix in mended.fixes.items()],
            checks=_checks_to_pb(mended.findings),
        )

    async def ReportTraffic(self, request: pb.ReportTrafficRequest, context: Context) -> pb.ReportTrafficResponse:
        await self._probes.report(
            UUID(request.portal_id),
            to_datetime(request, "last_message_at"),
            is_silent=request.is_silent,
            expected=request.expected,
        )
        return pb.ReportTrafficResponse()


def _checks_to_pb(findings: Findings) -> Iterator[pb.Check]:
    return (_check_to_pb(_CHECKS[name], finding) for name, finding in findings.items())


def _check_to_pb(check: Check, finding: Finding) -> pb.Check:
    return pb.Check(
        name=check.name,
        severity=enum_value(pb.Severity, check.severity),
        state=enum_value(pb.CheckState, finding.state),
        reason=finding.reason,
        evidence=struct(finding.evidence),
        what_would_be_done=finding.fix or finding.human,
        can_fix=bool(finding.fix),
    )


def _fix_to_pb(check: Check, fix: Fix) -> pb.Fix:
    return pb.Fix(
        name=check.name,
        did=fix.did,
        error=fix.error,
        before=_check_to_pb(check, fix.before),
        after=_check_to_pb(check, fix.after),
    )
