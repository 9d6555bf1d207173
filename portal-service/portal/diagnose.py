"""What is wrong with a portal: the facts gathered, every check made."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from portal.checks import catalog
from portal.checks.catalog import Findings
from portal.checks.facts import Facts
from portal.checks.finding import State
from portal.gather import Gatherer

log = structlog.get_logger("diagnosis")


@dataclass(frozen=True)
class Diagnosis:
    """The facts, and what they come to."""

    facts: Facts
    findings: Findings

    @property
    def failed(self) -> list[str]:
        """Return the names of the checks that failed, in their order."""
        return [name for name, finding in self.findings.items() if finding.state is State.FAILED]


class Diagnoses:
    """Examines portals."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer

    async def make(self, portal_id: UUID, *, refresh_is_proven: bool = False) -> Diagnosis:
        """Return what is wrong with a portal. Raises PortalNotFound."""
        facts = await self._gatherer.gather(portal_id, refresh_is_proven=refresh_is_proven)
        diagnosis = Diagnosis(facts, catalog.judge(facts))
        log.info("diagnosed", portal_id=str(portal_id), failed=diagnosis.failed)
        return diagnosis
