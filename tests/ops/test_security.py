"""docs/security.md names tests that exist, and what is installed is what was locked."""

import ast
import json
import re

import pytest

from tests.ops.cluster import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOCUMENT.splitlines()
    if line.startswith("| ") and not line.startswith("| threat |")
]
PROOF = re.compile(r"\[`(test_\w+)`\]\(\.\./(\S+?\.py)\)")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_threat_has_a_control_and_tests_that_exist(row: list[str]) -> None:
    threat, control, proof = row
    proofs = PROOF.findall(proof)

    assert threat
    assert control
    assert proofs
    assert PROOF.sub("", proof).strip(", ") == "", "a proof is a test and its file"
    for name, path in proofs:
        tree = ast.parse((ROOT / path).read_text())
        assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_document_was_read() -> None:
    assert len(ROWS) == DOCUMENT.count("](../") - DOCUMENT.count("), [`") > 40


def test_nothing_is_installed_that_is_not_known_by_its_hash() -> None:
    for lock in ("requirements.lock", "bootstrap.lock"):
        locked = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
        pinned = [one for one in locked if "==" in one.split("\n")[0] and not one.startswith("#")]
        assert pinned
        assert [one.split()[0] for one in pinned if "--hash=sha256:" not in one] == []
    packages = json.loads((ROOT / "admin-ui" / "package-lock.json").read_text())["packages"]
    assert len(packages) > 100
    assert [
        name for name, one in packages.items() if name and not one.get("integrity", "").startswith("sha512-")
    ] == []
