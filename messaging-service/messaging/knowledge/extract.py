"""An uploaded file to text, in a child process of its own that may die of it."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from messaging.knowledge.extracted import Extracted, Limits
from messaging.knowledge.failures import ExtractionFailed

log = structlog.get_logger("extract")

_BYTES_PER_CHAR = 4
_REST_OF_ANSWER = 1_000_000
"""Bytes of the answer beside the text: names of 5 000 skipped files, offsets of 500 pages."""
_LAST_WORDS = 4096
_ENVIRONMENT = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "TOKIO_WORKER_THREADS": "1"}
"""All that the child is told: no address, no key. One thread each, as every thread's stack is address space."""


async def extract(path: Path, filename: str, limits: Limits | None = None) -> Extracted:
    """Return the text of the file at `path`, which its uploader named `filename`.

    A child reads it within `limits`; its whole process group is killed at the end of `max_wall`, when this call is
    cancelled, and with the thread that runs the event loop. A start costs 0.2 s; the caller bounds how many run.
    Raise ExtractionFailed.
    """
    limits = limits or Limits()
    child = await asyncio.create_subprocess_exec(
        *command(path, filename, limits),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limits.max_wall):
            output, last_words = await asyncio.gather(
                _read_all(child.stdout, limits.max_chars * _BYTES_PER_CHAR + _REST_OF_ANSWER), _tail(child.stderr)
            )
            code = await child.wait()
    except TimeoutError as error:
        raise ExtractionFailed("timeout", f"{limits.max_wall} s of wall time") from error
    finally:
        await _end(child)
    return _answer(code, output, last_words)


def command(path: Path, filename: str, limits: Limits) -> list[str]:
    """Return the child's command line. -I: only the installation's own packages are imported."""
    task = {
        "path": str(path.absolute()),
        "filename": filename[-255:],
        "parent": os.getpid(),
        "limits": asdict(limits),
    }
    return [sys.executable, "-I", "-m", "messaging.knowledge.extractor", json.dumps(task)]


async def _read_all(stream: asyncio.StreamReader | None, bound: int) -> bytes:
    """Return what comes until the end. Raise ExtractionFailed(crashed) beyond `bound` bytes."""
    if stream is None:
        return b""
    parts: list[bytes] = []
    size = 0
    while part := await stream.read(1 << 16):
        size += len(part)
        if size > bound:
            raise ExtractionFailed("crashed", f"the child said more than {bound} bytes")
        parts.append(part)
    return b"".join(parts)


async def _tail(stream: asyncio.StreamReader | None) -> str:
    """Return the last of what comes, whatever its length."""
    kept = b""
    while stream is not None and (part := await stream.read(1 << 12)):
        kept = (kept + part)[-_LAST_WORDS:]
    return kept.decode(errors="replace").strip()


async def _end(child: Process) -> None:
    """Kill the group, whoever of it lives, and wait for the child, even when cancelled: it is short."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    await asyncio.shield(child.wait())


def _answer(code: int, output: bytes, last_words: str) -> Extracted:
    """Return what the child found. Raise ExtractionFailed: its own, or one told from how it died."""
    if code == -signal.SIGXCPU:
        raise ExtractionFailed("timeout", "the processor time is used up")
    if code != 0:
        # Rust and C++ abort where Python raises MemoryError; their last words tell the two apart.
        is_memory = any(words in last_words for words in ("memory allocation", "bad_alloc", "MemoryError"))
        log.warning("extractor died", code=code, last_words=last_words)
        raise ExtractionFailed("out_of_memory" if is_memory else "crashed", f"exit {code}: {last_words[-300:]}")
    try:
        fields: dict[str, Any] = json.loads(output)
    except ValueError as error:
        raise ExtractionFailed("crashed", "the child's answer is no JSON") from error
    if "code" in fields:
        raise ExtractionFailed(fields["code"], fields["detail"])
    return Extracted(
        **{
            **fields,
            "page_starts": tuple(fields["page_starts"]),
            "sheets": tuple((name, at) for name, at in fields["sheets"]),
            "skipped": tuple((name, why) for name, why in fields["skipped"]),
        }
    )
