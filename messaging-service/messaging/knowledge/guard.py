"""A zip container judged by its directory, before anything of it is unpacked."""

import io
import lzma
import zipfile
import zlib

from messaging.knowledge.extracted import Limits
from messaging.knowledge.failures import ExtractionFailed

BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, RuntimeError, EOFError, OSError)
"""What zipfile raises of a container that is damaged or uses what it does not know."""
_MANIFEST = "META-INF/manifest.xml"
_SMALL = 1_000_000
"""A member below this may pack as well as it likes: runs of blanks are innocent."""


def check(data: bytes, limits: Limits) -> None:
    """Look at an Office or OpenDocument container. Raise as `open_guarded`, also for OpenDocument's encryption."""
    with open_guarded(data, limits) as archive:
        try:
            manifest = archive.read(_MANIFEST) if _MANIFEST in archive.namelist() else b""
        except BROKEN as error:
            raise ExtractionFailed("corrupt", str(error)) from error
    if b":encryption-data" in manifest:
        raise ExtractionFailed("encrypted", "the manifest names a key")


def open_guarded(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """Return the archive over `data`, its declared sizes within the limits.

    What declares less than it holds is cut by zipfile at the declared size and fails its checksum.
    Raise ExtractionFailed: `bad_archive` (too many entries, too well packed, too much in all), `encrypted`,
    `corrupt`.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except BROKEN as error:
        raise ExtractionFailed("corrupt", str(error)) from error
    entries = archive.infolist()
    if len(entries) > limits.max_entries:
        raise ExtractionFailed("bad_archive", f"{len(entries)} entries")
    for entry in entries:
        if entry.flag_bits & 1:
            raise ExtractionFailed("encrypted", "a member is encrypted")
        if entry.file_size > max(_SMALL, entry.compress_size * limits.max_ratio):
            raise ExtractionFailed("bad_archive", f"{entry.compress_size} bytes unpack to {entry.file_size}")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.max_unpacked:
        raise ExtractionFailed("bad_archive", f"unpacks to {unpacked} bytes")
    return archive
