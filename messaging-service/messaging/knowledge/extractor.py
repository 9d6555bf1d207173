"""The child that reads one file: `python -I -m messaging.knowledge.extractor JSON`.

JSON is a Task. It prints one JSON object: the fields of Extracted, or {"code", "detail"} of a failure.
"""

import asyncio
import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from messaging.knowledge import confine, reading
from messaging.knowledge.cleaning import clean
from messaging.knowledge.extracted import Draft, Extracted, Limits
from messaging.knowledge.failures import ExtractionFailed
from messaging.knowledge.language import language_of

_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_NO_TITLE = re.compile(
    r"untitled|без имени|без названия|документ ?\d*|document ?\d*|лист ?\d*|"
    r"(презентация|presentation)( \d+|( microsoft)? powerpoint)?|powerpoint presentation|microsoft \w+ - .*",
    re.IGNORECASE,
)
_TITLE = 200


@dataclass(frozen=True)
class Task:
    """One file to read. `parent` is the process id that started the child."""

    path: str
    filename: str
    parent: int
    limits: Limits


def main(argument: str) -> NoReturn:
    """Read the file and leave. Exits 0 with an answer, whatever it is."""
    fields = json.loads(argument)
    task = Task(**{**fields, "limits": Limits(**fields["limits"])})
    # What a library prints must not stand in the answer.
    answer_to = os.dup(1)
    os.dup2(2, 1)
    try:
        data = _load(Path(task.path), task.limits)
        confine.confine(task.parent, task.limits.max_memory, task.limits.max_cpu)
        answer: dict[str, Any] = asdict(asyncio.run(_read(data, task)))
    except ExtractionFailed as failure:
        answer = {"code": failure.code, "detail": failure.detail}
    except RecursionError:
        answer = {"code": "bad_archive", "detail": "RecursionError"}
    except MemoryError:
        answer = {"code": "out_of_memory", "detail": "MemoryError"}
    except Exception as error:  # noqa: BLE001 - strangers' bytes find every way to fail, and each is an answer
        answer = {"code": "crashed", "detail": f"{type(error).__name__}: {error}"[:500]}
    with os.fdopen(answer_to, "wb") as stream:
        stream.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    os._exit(0)  # xberg's threads abort an interpreter that is being taken down


async def _read(data: bytes, task: Task) -> Extracted:
    kind, draft = await reading.read(data, task.filename, task.limits)
    return _finished(kind, draft, task.limits)


def _load(path: Path, limits: Limits) -> bytes:
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise ExtractionFailed("too_large", f"{size} bytes")
    return path.read_bytes()


def _finished(kind: str, draft: Draft, limits: Limits) -> Extracted:
    """Cut the text, and describe it. Raise ExtractionFailed(empty) where no letter or digit is left."""
    draft = clean(draft)
    is_cut = len(draft.text) > limits.max_chars
    text = draft.text[: limits.max_chars]
    if not any(map(str.isalnum, text)):
        raise ExtractionFailed("empty")
    return Extracted(
        kind=kind,
        text=text,
        page_starts=tuple(at for at in draft.page_starts if at < len(text)),
        pages=draft.pages,
        sheets=tuple((name, at) for name, at in draft.sheets if at < len(text)),
        title=_title(draft.title, "" if draft.sheets else text),
        language=language_of(text),
        truncated=is_cut,
        skipped=tuple(draft.skipped),
    )


def _title(own: str, text: str) -> str:
    """Return the metadata's title unless a program put it there, else the first heading, else ""."""
    if own and not _NO_TITLE.fullmatch(own):
        return own[:_TITLE]
    heading = _HEADING.search(text)
    return heading[1].strip(" #*_")[:_TITLE] if heading else ""


if __name__ == "__main__":
    main(sys.argv[1])
