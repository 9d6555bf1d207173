"""What the auditors say, and what may be concluded from it: silence is no acquittal."""

import json
from collections.abc import Mapping

import pytest

from devstack.audit import CLEAN, UNKNOWN, VULNERABLE, Found, of_npm, of_pip, verdict

ADVISORY = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": "bad"}
GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "1.0", "vulns": [ADVISORY]}
UNHEARD = {"name": "unheard", "skip_reason": "Dependency not found on PyPI and could not be audited"}
REPORT = {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {"dependencies": {"total": 467}}}
AWAY = {"message": "405 Method Not Allowed", "method": "POST", "statusCode": 405}


def pip(*packages: Mapping[str, object]) -> Found:
    return of_pip(json.dumps({"dependencies": packages, "fixes": []}))


def npm(**vulnerable: object) -> Found:
    return of_npm(json.dumps({**REPORT, "vulnerabilities": vulnerable}))


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ((pip(GOOD), npm()), CLEAN),
        ((pip(GOOD, BAD), npm()), VULNERABLE),
        ((pip(GOOD), npm(left={"severity": "high", "range": "<2"})), VULNERABLE),
        ((pip(GOOD, UNHEARD), npm()), UNKNOWN),
        ((pip(), npm()), UNKNOWN),
        ((of_pip(""), npm()), UNKNOWN),
        ((pip(GOOD), of_npm(json.dumps(AWAY))), UNKNOWN),
        ((pip(GOOD), of_npm("")), UNKNOWN),
        ((pip(GOOD), of_npm("{cut")), UNKNOWN),
        ((pip(BAD), of_npm(json.dumps(AWAY))), VULNERABLE),
    ],
)
def test_only_what_was_looked_at_is_cleared(found: tuple[Found, Found], code: int) -> None:
    assert verdict(*found) == code


def test_what_is_found_is_named_with_its_remedy_or_reason() -> None:
    assert pip(BAD).vulnerable == ["bad 1.0: PYSEC-2026-1, fixed in 2.0"]
    assert npm(left={"severity": "high", "range": "<2"}).vulnerable == ["left <2: high"]
    assert of_npm(json.dumps(AWAY)).unknown == ["npm audit gave no report: 405 Method Not Allowed"]
