"""Files within a file: a zip's members and a mail's attachments, each read in turn under a heading of its name."""

import email
import email.policy
import re
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from functools import partial

from messaging.knowledge.extracted import Draft, Limits
from messaging.knowledge.failures import ExtractionFailed
from messaging.knowledge.guard import BROKEN, open_guarded

_HEADING = re.compile(r"^(?=#{1,5} )", re.MULTILINE)
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_ENCODING_FLAG = 0x800


class BudgetSpent(ExtractionFailed):
    """The upload as a whole is too much, so no file of it counts."""


@dataclass
class Budget:
    """What all levels of one upload may still take: bytes unpacked and files read."""

    unpacked: int
    members: int

    def spend(self, size: int) -> None:
        """Count one file. Raise BudgetSpent where nothing is left."""
        self.unpacked -= size
        self.members -= 1
        if self.unpacked < 0 or self.members < 0:
            raise BudgetSpent("bad_archive", "too many files or bytes over all levels")


File = tuple[str, Callable[[], bytes]]
"""A name, and what loads the bytes once it is the file's turn."""
Reader = Callable[[bytes, str, int], Awaitable[Draft]]
"""Reads (bytes, file name, depth); depth counts the containers around."""


async def read_zip(data: bytes, limits: Limits, budget: Budget, depth: int, read: Reader) -> Draft:
    """Return the text of a zip's members. Raise ExtractionFailed: what `_join` and `open_guarded` raise."""
    if depth >= limits.max_depth:
        raise ExtractionFailed("bad_archive", "archives nested too deep")
    with open_guarded(data, limits) as archive:
        # Not `is_dir`, which fails on a member without a name.
        members = [
            entry
            for entry in archive.infolist()
            if not entry.filename.endswith("/") and not _is_noise(entry.filename)
        ]
        files: Iterator[File] = ((_name(entry), partial(_unpacked, archive, entry, budget)) for entry in members)
        return await _join(Draft(""), files, depth, read, limits)


async def read_mail(data: bytes, limits: Limits, budget: Budget, depth: int, read: Reader) -> Draft:
    """Return a mail: a heading of its subject, its headers, its text, its attachments.

    Raise ExtractionFailed: `bad_archive` (too deep, too many attachments).
    """
    if depth >= limits.max_depth:
        raise ExtractionFailed("bad_archive", "mails nested too deep")
    message = email.message_from_bytes(data, policy=email.policy.default)
    subject = str(message.get("Subject", "")).strip()
    parts = [f"# {subject}"] if subject else []
    parts += ["\n".join(f"{name}: {message[name]}" for name in _HEADERS if message[name])]
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        name = "body.html" if body.get_content_subtype() == "html" else "body.txt"
        parts += [(await read(_unwrapped(body), name, depth + 1)).text.strip()]
    draft = Draft("\n\n".join(filter(None, parts)) + "\n\n", title=subject)
    return await _join(draft, _attachments(message, budget), depth, read, limits)


async def _join(draft: Draft, files: Iterator[File], depth: int, read: Reader, limits: Limits) -> Draft:
    """Add the files that can be read, and name those that cannot.

    Raise ExtractionFailed with the first file's code where none gave text and the draft has none of its own,
    `empty` where there are no files; BudgetSpent.
    """
    failures: list[ExtractionFailed] = []
    for number, (path, load) in enumerate(files, 1):
        name = " ".join(path.split()) or f"{number}"  # it becomes a heading: one line
        try:
            inner = await read(load(), name, depth + 1)
        except BudgetSpent:
            raise
        except ExtractionFailed as failure:
            failures.append(failure)
            draft.skipped.append((name, failure.code))
            continue
        draft.skipped += [(f"{name}/{below}", code) for below, code in inner.skipped]
        draft.text += f"# {name}\n\n{_HEADING.sub('#', inner.text.strip())}\n\n"
        if len(draft.text) > limits.max_chars:
            break
    if not draft.text.strip():
        raise failures[0] if failures else ExtractionFailed("empty")
    return draft


def _is_noise(name: str) -> bool:
    return name.startswith(_NOISE) or name.endswith(_NOISE)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name. Without the mark of UTF-8 it is not in cp437: a Mac writes UTF-8, Windows cp866."""
    if entry.flag_bits & _ENCODING_FLAG:
        return entry.filename
    written = entry.filename.encode("cp437")
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("cp866")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> bytes:
    budget.spend(entry.file_size)
    try:
        return archive.read(entry)
    except BROKEN as error:
        raise ExtractionFailed("corrupt", str(error)) from error


def _attachments(message: EmailMessage, budget: Budget) -> Iterator[File]:
    for part in message.iter_attachments():
        budget.spend(0)
        yield part.get_filename() or "", partial(_unwrapped, part)


def _unwrapped(part: MIMEPart) -> bytes:
    """Return a part's bytes, text in UTF-8 whatever charset it claims rightly."""
    if part.get_content_maintype() == "message":
        inner = part.get_payload(0)
        return inner.as_bytes() if isinstance(inner, MIMEPart) else b""
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    charset = part.get_content_charset()
    if part.get_content_maintype() == "text" and charset:
        try:
            return data.decode(charset).encode()
        except (LookupError, UnicodeDecodeError):
            return data
    return data
