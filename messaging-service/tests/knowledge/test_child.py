"""The child that reads a file: it knows nothing, is bound, and never outlives who asked."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from messaging.knowledge.extract import extract
from messaging.knowledge.extracted import Limits
from messaging.knowledge.failures import ExtractionFailed


def _may_leave_the_network() -> bool:
    program = (
        "import ctypes; l = ctypes.CDLL(None); exit(bool(l.unshare(1 << 30) and l.unshare((1 << 30) | (1 << 28))))"
    )
    return subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_the_child_knows_nothing_of_our_environment(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TB_SECRET_KEYS", "secret")
    reading = asyncio.create_task(extract(files.pdf(pages=100), "a.pdf"))

    environment = Path(f"/proc/{await the_child()}/environ").read_bytes()  # noqa: ASYNC240 - no disk

    assert b"LANG=C.UTF-8" in environment
    assert b"secret" not in environment
    await reading


async def test_a_confined_child_opens_nothing_of_its_parents(tmp_path: Path) -> None:
    if _landlock_version() < 1:
        pytest.skip("no Landlock in this kernel")
    secret = tmp_path / "key"
    secret.write_text("secret")
    program = (
        "import os, sys; from messaging.knowledge import confine; confine.confine(os.getppid(), 1 << 30, 9)\n"
        "import encodings.koi8_r\n"
        "for path in (sys.argv[1], f'/proc/{os.getppid()}/environ', '/etc/passwd', '/bin/sh'):\n"
        "    try: print(open(path, 'rb').read(1))\n"
        "    except PermissionError: print('refused')"
    )

    said = await asyncio.to_thread(
        subprocess.check_output, [sys.executable, "-c", program, str(secret)], stderr=subprocess.STDOUT
    )

    assert said.split() == [b"refused"] * 4


def _landlock_version() -> int:
    version: int = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)
    return version


@pytest.mark.skipif(not _may_leave_the_network(), reason="no right to a network namespace (a container's default)")
async def test_the_child_sees_no_network(files: Any) -> None:
    reading = asyncio.create_task(extract(files.pdf(pages=100), "a.pdf"))

    devices = Path(f"/proc/{await the_child()}/net/dev").read_text()  # noqa: ASYNC240 - no disk

    assert [line.split(":")[0].strip() for line in devices.splitlines()[2:]] == ["lo"]
    await reading


async def test_a_child_that_is_killed_is_a_crash(files: Any) -> None:
    reading = asyncio.create_task(extract(files.pdf(pages=200), "a.pdf"))
    os.kill(await the_child(), signal.SIGKILL)

    with pytest.raises(ExtractionFailed) as caught:
        await reading

    assert caught.value.code == "crashed"


async def test_a_cancelled_call_leaves_no_process(files: Any) -> None:
    reading = asyncio.create_task(extract(files.pdf(pages=200), "a.pdf"))
    child = await the_child()
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading

    assert _state(child) == ""


async def test_a_file_that_takes_too_long_is_a_timeout_and_leaves_no_process(files: Any) -> None:
    with pytest.raises(ExtractionFailed) as caught:
        await extract(files.pdf(pages=400), "a.pdf", Limits(max_wall=1.0))

    assert caught.value.code == "timeout"
    assert not children()


async def test_processor_time_is_bound_as_well(files: Any) -> None:
    with pytest.raises(ExtractionFailed) as caught:
        await extract(files.pdf(pages=400), "a.pdf", Limits(max_cpu=1))

    assert caught.value.code == "timeout"


async def test_a_child_dies_with_its_parent(files: Any) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from messaging.knowledge.extract import extract;"
        "asyncio.run(extract(Path(sys.argv[1]), 'a.pdf'))"
    )
    parent = subprocess.Popen(  # noqa: ASYNC220 - it is not waited for
        [sys.executable, "-c", program, str(files.pdf(pages=400))]
    )
    child = await the_child(parent.pid)

    parent.kill()
    parent.wait()

    await until(lambda: _state(child) in {"", "Z"})


def children(parent: int | None = None) -> list[int]:
    """Extractors that a process has started from its main thread and that are past their start."""
    parent = parent or os.getpid()
    found = map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return [pid for pid in found if b"knowledge.extractor" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def the_child(parent: int | None = None) -> int:
    """The extractor, once it has bound itself."""
    await until(lambda: bool(children(parent)))
    (child,) = children(parent)
    await until(lambda: "Max file size             0 " in Path(f"/proc/{child}/limits").read_text())
    return child


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


def _state(pid: int) -> str:
    """A process's state letter; "" once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""
