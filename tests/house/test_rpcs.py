"""Every RPC of the protos is called by a test: by its name, or over HTTP by the route that leads to it."""

import ast

import pytest

from tests.house import interfaces
from tests.house.sources import ROOT, committed, tree
from tests.ops.calls import called, rpcs

OVER_HTTP = {
    "delivery.DeliveryService.GetTrace": ("GET /v1/admin/traces/{}", "blackbox", 'admin(f"/traces/'),
    "messaging.MessagingService.GetTrace": ("GET /v1/admin/traces/{}", "blackbox", 'admin(f"/traces/'),
    "delivery.OperationsService.GetQueues": ("GET /v1/admin/system/queue", "system", 'admin("/system/queue")'),
    "messaging.OperationsService.GetQueues": ("GET /v1/admin/system/queue", "system", 'admin("/system/queue")'),
    "messaging.OperationsService.GetPace": ("GET /v1/admin/system/pace", "system", 'admin("/system/pace")'),
    "portal.OperationsService.ListWorkers": ("GET /v1/admin/system/workers", "system", 'admin("/system/workers")'),
    **{
        f"{context}.OperationsService.{rpc}": (route, "queue_pauses", asked)
        for context in ("delivery", "messaging")
        for rpc, route, asked in (
            ("ListQueuePauses", "GET /v1/admin/system/pauses", 'admin("/system/pauses"'),
            ("PauseQueue", "POST /v1/admin/portals/{}/queues/{}/pause", 'admin_post(f"{path}/pause"'),
            ("ResumeQueue", "POST /v1/admin/portals/{}/queues/{}/resume", 'admin_post(f"{path}/resume")'),
        )
    },
    "messaging.AnswersService.ListCurated": (
        "GET /v1/portal/kb/curated",
        "curation",
        'listed(company, "curated")',
    ),
    "messaging.AnswersService.SaveCurated": ("POST /v1/portal/kb/curated", "curation", '"POST", "curated"'),
    "messaging.AnswersService.DeleteCurated": (
        "DELETE /v1/portal/kb/curated/{}",
        "curation",
        '"DELETE", f"curated/',
    ),
    "messaging.AnswersService.ListGolden": ("GET /v1/portal/kb/golden", "curation", 'listed(company, "golden")'),
    "messaging.AnswersService.AddGolden": ("POST /v1/portal/kb/golden", "curation", '"POST", "golden"'),
    "messaging.AnswersService.AcceptGolden": ("POST /v1/portal/kb/golden/{}/accept", "curation", '/accept")'),
    "messaging.AnswersService.DeleteGolden": ("DELETE /v1/portal/kb/golden/{}", "curation", '"DELETE", f"golden/'),
    "messaging.AnswersService.ListUnsatisfied": (
        "GET /v1/portal/kb/unsatisfied",
        "knowledge",
        '"GET", "unsatisfied"',
    ),
    "messaging.AnswersService.GetExplanation": (
        "GET /v1/admin/messages/{}/explanation",
        "knowledge",
        "/explanation",
    ),
    "messaging.AnswersService.GetAnswerSettings": (
        "GET /v1/admin/settings/answers",
        "knowledge",
        'admin("/settings/answers")',
    ),
    "messaging.AnswersService.SetAnswerSettings": ("PUT /v1/portal/kb/settings", "knowledge", '"PUT", "settings"'),
    "messaging.KnowledgeService.Search": ("POST /v1/portal/kb/search", "knowledge", '"POST", "search"'),
    "messaging.BlackboxService.GetBlackboxSettings": (
        "GET /v1/admin/settings/inbound-events",
        "blackbox",
        'admin("/settings/inbound-events")',
    ),
    "messaging.BlackboxService.SimulateIncoming": (
        "POST /v1/debug/simulate/bitrix/incoming",
        "blackbox",
        "/v1/debug/simulate/bitrix/incoming",
    ),
    "messaging.MessagingService.ListInboundEvents": (
        "GET /v1/admin/inbound-events",
        "blackbox",
        'admin("/inbound-events"',
    ),
    "messaging.MessagingService.CountAnswered": ("GET /v1/portal/usage", "portal_api", '"/usage")'),
    "portal.PortalService.BeginAuthorization": ("POST /v1/admin/portals/{}/authorize", "settings", "/authorize"),
    "portal.PortalService.CompleteAuthorization": ("GET /v1/bitrix/oauth/callback", "settings", "/oauth/callback"),
    "portal.PortalService.CreatePortal": ("POST /v1/admin/portals", "admin_portals", '"POST", ""'),
    "portal.PortalService.DeletePortal": ("DELETE /v1/admin/portals/{}", "admin_portals", '"DELETE", f"/'),
    "portal.PortalService.SuspendPortal": ("POST /v1/admin/portals/{}/suspend", "operating", '"suspend"'),
    "portal.PortalService.ResumePortal": ("POST /v1/admin/portals/{}/resume", "operating", '"resume"'),
    "portal.PortalService.SetUpPortal": ("POST /v1/portal/setup", "portal_api", '"/setup", "POST"'),
}
"""RPCs that no test calls by name: the route that does, the end-to-end test that asks it, and how."""


def called_by_name() -> set[str]:
    """Every attribute that a test asks for; one of a stub is an RPC."""
    tests = (path for path in committed(".py") if "tests" in path.relative_to(ROOT).parts)
    return {node.attr for path in tests for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}


def test_every_rpc_is_called_by_a_test() -> None:
    every = {
        f"{service.split('.')[1]}.{service.rpartition('.')[2]}.{rpc}": rpc
        for service, methods in rpcs().items()
        for rpc in methods
    }
    by_name = called_by_name()

    assert len(every) > 100
    assert {name for name, rpc in every.items() if rpc not in by_name} == OVER_HTTP.keys()


@pytest.fixture(scope="module")
def gateways() -> dict[str, set[str]]:
    return called("gateway")


@pytest.mark.parametrize("name", OVER_HTTP)
def test_the_route_that_leads_to_an_rpc_is_asked(gateways: dict[str, set[str]], name: str) -> None:
    context, service, rpc = name.split(".")
    route, test, asked = OVER_HTTP[name]
    verb, _, path = route.partition(" ")

    assert (verb, path) in {(verb, interfaces.shape(path)) for verb, path in interfaces.routes()}
    assert rpc in gateways[f"teachbase.{context}.v1.{service}"]
    assert asked in (ROOT / "tests" / "e2e" / f"test_{test}.py").read_text()
