"""The limits of reading one file, and what comes of it. Pure values."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """Bounds of one file; sizes in bytes, times in seconds.

    A 43-page docx takes 0.2 s and 91 MB, a pdf of 500 pages 3 s and 185 MB, 499 000 cells 3 s and 516 MB;
    so a file that reaches the bounds of time and memory is a bomb.
    """

    max_bytes: int = 20_000_000
    max_chars: int = 2_000_000
    max_pages: int = 500
    max_cells: int = 500_000
    max_unpacked: int = 200_000_000
    max_ratio: int = 200
    """Unpacked to packed, of a member over a megabyte. Office XML packs 10 to 60 times; a bomb 1 000."""
    max_entries: int = 5_000
    max_members: int = 200
    """Files of a zip or attachments of a mail that are read, over all levels."""
    max_depth: int = 2
    """Containers (zip, eml) within each other: an archive in an archive is read, one more level is not."""
    max_memory: int = 1 << 30
    max_cpu: int = 60
    max_wall: float = 60.0


@dataclass(frozen=True)
class Extracted:
    """The text of a file as Markdown, and its places.

    `page_starts` and the offsets in `sheets` and `skipped` count characters of `text`.
    """

    kind: str
    """A value of `sniff.Kind`."""
    text: str
    """At most `Limits.max_chars`; headings are lines that begin with #."""
    page_starts: tuple[int, ...]
    """Where the pages of a pdf and the slides of a pptx begin; () where a kind has none."""
    pages: int | None
    """Pages, slides or sheets; None where a kind has none."""
    sheets: tuple[tuple[str, int], ...]
    """(name, offset of its heading) of a spreadsheet's sheets that hold anything."""
    title: str
    """From the document's own metadata or its first heading; "" if neither."""
    language: str
    """ISO 639-1 by script and commonest words: ru, uk, be, kk, en; "" if unknown."""
    truncated: bool
    """The text was cut at `max_chars`."""
    skipped: tuple[tuple[str, str], ...] = ()
    """(name, failure code) of an archive's files and a mail's attachments that gave no text."""


@dataclass
class Draft:
    """What a reader makes of a file, before it is cut and described."""

    text: str
    page_starts: list[int] = field(default_factory=list)
    pages: int | None = None
    sheets: list[tuple[str, int]] = field(default_factory=list)
    title: str = ""
    skipped: list[tuple[str, str]] = field(default_factory=list)
