"""One call graph: what the sources call, what servers let through, and what docs/architecture.md says."""

import re

import pytest

from kit import call_graph
from tests.ops.calls import SOURCES, called, rpcs
from tests.ops.cluster import ROOT


@pytest.mark.parametrize("context", SOURCES)
def test_a_context_may_call_what_its_sources_call_and_nothing_else(context: str) -> None:
    assert dict(call_graph.CALLS[context]) == called(context)


def test_every_rpc_that_may_be_called_exists() -> None:
    known = rpcs()
    for calls in call_graph.CALLS.values():
        for service, methods in calls.items():
            assert methods <= known[service]


def test_the_picture_in_the_architecture_is_the_same() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    drawn = {
        (caller, callee)
        for caller, callees in re.findall(r"^(\w+) +-> (.*)$", text, re.MULTILINE)
        for callee in re.split(r", *", re.sub(r"\(.*\)", "", callees))
        if callee
    }

    declared = {(caller, service.split(".")[1]) for caller, calls in call_graph.CALLS.items() for service in calls}
    assert declared == drawn


def test_the_picture_in_the_readme_is_the_same() -> None:
    text = (ROOT / "README.md").read_text().partition("```mermaid")[2].partition("```")[0]
    drawn = set(re.findall(r'^  (\w+)(?: -- "[^"]+")? --> (\w+)$', text, re.MULTILINE))

    declared = {(caller, service.split(".")[1]) for caller, calls in call_graph.CALLS.items() for service in calls}
    assert declared == {
        (caller, callee) for caller, callee in drawn if {caller, callee} <= call_graph.CALLS.keys() | {"billing"}
    }


def test_what_nobody_declared_is_refused() -> None:
    assert not call_graph.may_call("delivery", "/teachbase.portal.v1.AdminService/Login")
    assert not call_graph.may_call("", "/teachbase.portal.v1.PortalService/WatchPortals")
    assert call_graph.may_call("delivery", "/teachbase.portal.v1.PortalService/WatchPortals")
