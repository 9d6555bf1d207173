"""docs/interfaces.md names every route, variable and command, and documents name none that is not there."""

import re
from pathlib import Path

import pytest

from tests.house import interfaces
from tests.house.sources import ROOT, committed

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text()


def test_every_route_is_described_with_its_method() -> None:
    routes = interfaces.routes()

    assert len(routes) > 100
    assert {route for route in routes if not interfaces.is_described(*route)} == set()
    assert not interfaces.is_described("GET", "/v1/admin/portals/{portal_id}/weather")
    assert not interfaces.is_described("DELETE", "/v1/admin/system/queue")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_no_route_that_is_not_there(document: Path) -> None:
    named = set(interfaces.named_routes(document.read_text()))

    assert {route for route in named if not interfaces.exists(*route)} == set()
    assert len(named) > 60 or document.name != "interfaces.md"
    assert not interfaces.exists("GET", "/v1/admin/weather")


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    read = interfaces.read_variables() | interfaces.mentioned_variables(
        "".join((ROOT / name).read_text() for name in ("compose.yaml", "scripts/secrets", "envoy/start"))
    )

    assert len(read) > 40
    assert read == interfaces.documented_variables()


def test_no_document_and_no_manifest_speaks_of_a_variable_that_nobody_reads() -> None:
    known = interfaces.documented_variables()
    places = [*DOCUMENTS, ROOT / "Dockerfile", *committed(".yaml")]

    strange = {
        path.relative_to(ROOT).as_posix(): interfaces.mentioned_variables(path.read_text()) - known
        for path in places
    }

    # It is filled in by devstack.envoy_config before the proxy reads its file.
    assert {name: found for name, found in strange.items() if found} == {
        "envoy/envoy.yaml": {"TB_PUBLIC_TRANSPORT"}
    }


def targets() -> set[str]:
    """What can be made by a name: no file and no pattern."""
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def test_every_target_says_what_it_is_for_and_is_no_file() -> None:
    described = set(re.findall(r"^([a-z][a-z-]*):[^\n]*## \S", MAKEFILE, re.MULTILINE))
    phony = {name for line in re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE) for name in line.split()}

    assert len(targets()) > 15
    assert targets() == described == phony


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_no_target_that_is_not_there(document: Path) -> None:
    named = set(re.findall(r"`make ([a-z-]+)", document.read_text()))

    assert named <= targets()


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    linked = re.findall(
        r"^\* \[(\d{4})\]\((\1-[\w-]+\.md)\) (\S.*)$", (folder / "README.md").read_text(), re.MULTILINE
    )

    assert {name for _, name, _ in linked} == {path.name for path in folder.glob("[0-9]*.md")}
    for _, name, title in linked:
        assert (folder / name).read_text().splitlines()[0].endswith(title), name


def test_a_decision_that_is_named_exists() -> None:
    known = {path.name[:4] for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    texts = {path: path.read_text() for path in (*committed(".py", ".proto"), *DOCUMENTS)}
    named = {number.zfill(4) for text in texts.values() for number in re.findall(r"\b(?:ADR |adr/)(\d+)", text)}

    assert len(named) > 10
    assert named <= known


def test_every_link_of_a_document_leads_somewhere() -> None:
    dead = [
        (document.name, target)
        for document in [*DOCUMENTS, *(ROOT / "docs").glob("*/*.md"), *ROOT.glob("*/README.md")]
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    ]

    assert dead == []
