"""Who may call which RPC: the call graph of docs/architecture.md to the letter, enforced where TLS says who calls.

The one place of the libraries that names contexts: a server alone cannot be trusted to say who may call it, and
spread over five packages nobody could read it (docs/adr/0027). tests/ops compares it with what the sources call.
"""

from collections.abc import Iterable, Mapping


def _rpcs(names: str) -> frozenset[str]:
    return frozenset(names.split())


CALLS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "gateway": {
        "teachbase.billing.v1.BillingService": _rpcs("GetLimits GetUsage ListPlans ListPortalPlans ReportKept"),
        "teachbase.billing.v1.LedgerService": _rpcs(
            "ChangePlan ChangeSubscription CreatePlan ExportUsage GetStatement GetSubscription "
            "ListActivity ListAlerts ListDrifts ListPlanVersions ListPrices ListSubscriptions "
            "ListModelUses ListUsageEvents Recount SetPrice SumUsage"
        ),
        "teachbase.delivery.v1.DeliveryService": _rpcs(
            "GetOutboxItem GetTrace ListOutbox RetryOutbox RetryOutboxItem"
        ),
        "teachbase.delivery.v1.DiagnosisService": _rpcs("AttemptFix Diagnose"),
        "teachbase.delivery.v1.OperationsService": _rpcs("GetQueues ListQueuePauses PauseQueue ResumeQueue"),
        "teachbase.messaging.v1.AnswersService": _rpcs(
            "AcceptGolden AddGolden DeleteCurated DeleteGolden GetAnswerSettings GetExplanation "
            "ListCurated ListGolden ListUnsatisfied SaveCurated SetAnswerSettings"
        ),
        "teachbase.messaging.v1.BlackboxService": _rpcs(
            "GetBlackboxSettings GetBlackboxUsage GetInboundEvent PruneBlackbox ReplayInboundEvent "
            "ReplayInboundEvents SetBlackboxSettings SimulateIncoming"
        ),
        "teachbase.messaging.v1.DiagnosisService": _rpcs("Diagnose"),
        "teachbase.messaging.v1.KnowledgeService": _rpcs(
            "Ask DeleteDocument GetDocument ListChunks ListDocuments ReindexDocument Search UploadDocument"
        ),
        "teachbase.messaging.v1.OperationsService": _rpcs(
            "GetPace GetQueues ListQueuePauses PauseQueue ResumeQueue"
        ),
        "teachbase.messaging.v1.MessagingService": _rpcs(
            "CountAnswered GetDialog GetProvision GetTrace Ingest ListDialogs ListEvents "
            "ListInboundEvents ListMessages"
        ),
        "teachbase.portal.v1.OperationsService": _rpcs("ListWorkers"),
        "teachbase.portal.v1.AdminService": _rpcs(
            "ChangePassword CreateAdmin DeleteAdmin GetAdmin GetSession ListAdmins ListAudit Login Logout "
            "RecordChange RefreshSession UpdateAdmin"
        ),
        "teachbase.portal.v1.DiagnosisService": _rpcs("AttemptFix Diagnose"),
        "teachbase.portal.v1.PortalService": _rpcs(
            "BeginAuthorization CompleteAuthorization CompleteInstall CreatePortal DeletePortal EnsureBot "
            "FinalizeInstall GetPortal ListEmployees ListLife ListPortals OpenSession ResumePortal "
            "SetAccess SetUpPortal SuspendPortal"
        ),
        "teachbase.portal.v1.SettingsService": _rpcs("ListDepartments SetSettings"),
    },
    "portal": {},
    "messaging": {
        "teachbase.billing.v1.BillingService": _rpcs(
            "Commit GetLimits NoteMarketplace RecordModelUses Release ReportKept Reserve WatchAlerts"
        ),
        "teachbase.delivery.v1.DeliveryService": _rpcs("Enqueue ShowTyping WatchOutcomes"),
        "teachbase.portal.v1.DiagnosisService": _rpcs("ReportTraffic"),
        "teachbase.portal.v1.PortalService": _rpcs(
            "AdoptApplicationToken FetchEvents HandleLifeCycle ReportPurge WatchPortals"
        ),
    },
    "delivery": {
        "teachbase.portal.v1.PortalService": _rpcs(
            "ConfirmEndpoint GetAccessToken RefreshAccessToken ReportPurge WatchPortals"
        ),
    },
    "billing": {},
}
"""Caller -> full name of a service -> the RPCs of it that the caller's sources really use."""


def caller(names: Iterable[str]) -> str:
    """Return which context a certificate's names say; empty when none or several."""
    known = CALLS.keys() & set(names)
    return known.pop() if len(known) == 1 else ""


def may_call(caller: str, path: str) -> bool:
    """Return whether a context may call `/service/method`."""
    service, _, method = path.lstrip("/").partition("/")
    return method in CALLS.get(caller, {}).get(service, ())
