"""What is searched, as a value."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Passage:
    """What the index is made from."""

    id: UUID
    document_id: UUID
    title: str
    """The document's title, or its file name without the ending; may be empty."""
    heading: str
    """The path of headings, "A > B"; may be empty."""
    text: str

    @property
    def embedded_text(self) -> str:
        """What of it is embedded: a page says in its title what its passages are about."""
        return "\n".join(part for part in (self.title, self.heading, self.text) if part)
