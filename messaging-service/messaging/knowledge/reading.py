"""Which reader takes which kind; a container's files come back here, one level down."""

from messaging.knowledge import bundle, guard, office, plain
from messaging.knowledge.extracted import Draft, Limits
from messaging.knowledge.failures import ExtractionFailed
from messaging.knowledge.sniff import Kind, sniff

_ZIPPED = {Kind.DOCX, Kind.XLSX, Kind.PPTX, Kind.ODT, Kind.ODS, Kind.ODP}
_TEXTS = {Kind.TXT, Kind.MD, Kind.CSV, Kind.HTML}


async def read(data: bytes, filename: str, limits: Limits) -> tuple[Kind, Draft]:
    """Return the kind and the text of a whole file. Raise ExtractionFailed."""
    budget = bundle.Budget(limits.max_unpacked, limits.max_members)

    async def one(data: bytes, filename: str, depth: int) -> Draft:
        kind = sniff(data, filename)
        if kind is Kind.ZIP:
            return await bundle.read_zip(data, limits, budget, depth, one)
        if kind is Kind.EML:
            return await bundle.read_mail(data, limits, budget, depth, one)
        if kind in _TEXTS:
            draft = await plain.read(data, kind, limits)
        else:
            if kind in _ZIPPED:
                guard.check(data, limits)
            draft = await office.read(data, kind, limits)
        if not draft.text.strip():
            raise ExtractionFailed("empty")
        return draft

    return sniff(data, filename), await one(data, filename, 0)
