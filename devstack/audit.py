"""`python -m devstack.audit`: known vulnerabilities of what the lock files name. 0: none, 1: some, 3: not audited.

pip-audit ends with 0 where the advisory service knows no package at all, and `npm audit` with 1 where it does not
answer: neither is taken at its word, only what it says of each package is.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = (ROOT / "requirements.lock", ROOT / "bootstrap.lock")
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 3
_PATIENCE_S = 600
_PIP_AUDIT = (sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off")


@dataclass
class Found:
    """What one registry's advisories say."""

    asked: int = 0
    vulnerable: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Of whom nothing could be said, or why nothing at all could."""


def of_pip(said: str) -> Found:
    """Read the JSON of pip-audit: a package is cleared only where its advisories were looked at."""
    try:
        packages: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Found(unknown=["pip-audit gave no answer"])
    found = Found(asked=len(packages))
    for one in packages:
        if "skip_reason" in one:
            found.unknown.append(f"{one['name']}: {one['skip_reason']}")
        for advisory in one.get("vulns", ()):
            fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
            found.vulnerable.append(f"{one['name']} {one['version']}: {advisory['id']}, fixed in {fixed}")
    return found


def of_npm(said: str) -> Found:
    """Read the JSON of `npm audit`: without a report it says why there is none."""
    try:
        report: dict[str, Any] = json.loads(said)
    except ValueError:
        return Found(unknown=[f"npm audit gave no report: {said.strip()[:200] or 'no answer'}"])
    if "vulnerabilities" not in report:
        return Found(unknown=[f"npm audit gave no report: {report.get('message', 'no reason')}"])
    found = Found(asked=report["metadata"]["dependencies"]["total"])
    for name, one in report["vulnerabilities"].items():
        found.vulnerable.append(f"{name} {one['range']}: {one['severity']}")
    return found


def verdict(*of: Found) -> int:
    """Return the exit code: what is known to be bad outweighs what is not known."""
    if any(one.vulnerable for one in of):
        return VULNERABLE
    return UNKNOWN if any(one.unknown or not one.asked for one in of) else CLEAN


def main() -> int:
    """Ask both and print what they say."""
    python, node = _python(), of_npm(_output(["npm", "audit", "--json", "--package-lock-only"], ROOT / "admin-ui"))
    for name, found in (("requirements.lock", python), ("admin-ui/package-lock.json", node)):
        print(f"{name}: {found.asked} packages, {len(found.vulnerable)} advisories, {len(found.unknown)} unknown")
        for line in [*found.vulnerable, *found.unknown[:5]]:
            print(f"  {line}")
    code = verdict(python, node)
    print(
        {CLEAN: "no known vulnerability", VULNERABLE: "VULNERABLE"}.get(code, "NOT AUDITED: see what is unknown")
    )
    return code


def _python() -> Found:
    """Ask of one package first: where nobody knows it the service is not there, and no other is asked about."""
    first = next(line.split()[0] for line in LOCKS[0].read_text().splitlines() if "==" in line)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(first)
        file.flush()
        probe = of_pip(_output([*_PIP_AUDIT, "--format", "json", "--requirement", file.name]))
    if probe.unknown:
        return Found(unknown=[f"the advisories cannot be reached: {probe.unknown[0]}"])
    locks = [word for lock in LOCKS for word in ("--requirement", str(lock))]
    return of_pip(_output([*_PIP_AUDIT, "--format", "json", "--require-hashes", *locks]))


def _output(line: Sequence[str], folder: Path = ROOT) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the lines above
            line, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
