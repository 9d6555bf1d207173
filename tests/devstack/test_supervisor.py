"""The supervisor over a table of tiny processes."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from devstack import run_dir as folder
from devstack.errors import StackError
from devstack.processes import Process, Stage
from devstack.supervisor import Supervisor
from tests.devstack.stack import alive

SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('up', 'w'); time.sleep(600)"
WITH_CHILD = (
    "import os, subprocess; pid = subprocess.Popen(['sleep', '600']).pid; "
    "open('new', 'w').write(str(pid)); os.rename('new', 'child')"
)


@pytest_asyncio.fixture
async def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Supervisor]:
    monkeypatch.chdir(tmp_path)
    folder.prepare(tmp_path)
    supervisor = Supervisor(tmp_path)
    yield supervisor
    await supervisor.stop()


def _process(name: str, code: str, stage: Stage = Stage.PROXY, ready_file: str | None = None) -> Process:
    async def ready() -> bool:
        return ready_file is None or Path(ready_file).exists()  # noqa: ASYNC240 - one look at a local file

    argv = (sys.executable, "-c", code)
    return Process(name=name, argv=argv, env=os.environ, stage=stage, address="nowhere", ready=ready)


def _pid(tmp_path: Path, name: str) -> int:
    return int(folder.pid_file(tmp_path, name).read_text())


async def _until_line(capsys: pytest.CaptureFixture[str], wanted: str, seconds: float = 10) -> str:
    seen, deadline = "", time.monotonic() + seconds
    while wanted not in seen:
        assert time.monotonic() < deadline, f"no {wanted!r} in {seen}"
        await asyncio.sleep(0.02)
        seen += capsys.readouterr().out
    return seen


async def test_what_dies_is_started_again_with_a_line_its_code_and_its_last_words(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import sys, time; time.sleep(0.3); sys.exit('\\n'.join(f'word {n}' for n in range(30)))"
    await supervisor.start(_process("fragile", code))

    seen = await _until_line(capsys, "starting it again in 0.4 s")

    assert "fragile died: exit code 1; starting it again in 0.2 s" in seen
    assert seen.count("fragile | word 29") == 2
    assert "fragile | word 10\n" in seen
    assert "fragile | word 9\n" not in seen  # the last twenty lines


async def test_a_process_that_never_gets_ready_is_given_up(supervisor: Supervisor) -> None:
    broken = _process("broken", "raise SystemExit(3)", ready_file="never")

    with pytest.raises(StackError, match="broken died 5 times before it was ready"):
        await supervisor.start(broken)


async def test_a_program_that_does_not_exist_is_given_up(supervisor: Supervisor, tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    missing = Process("missing", (tmp_path / "missing",), {}, Stage.PROXY, "nowhere", never)

    with pytest.raises(StackError, match="missing died 5 times"):
        await supervisor.start(missing)


async def test_one_that_ignores_sigterm_is_killed_after_its_grace(
    supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await supervisor.start(_process("stubborn", STUBBORN, ready_file="up"))
    pid = _pid(tmp_path, "stubborn")

    began = time.monotonic()
    await supervisor.stop()

    assert 0.9 < time.monotonic() - began < 3
    assert alive({pid}) == set()
    assert "stubborn: still there after 1 s, killed" in capsys.readouterr().out


async def test_what_a_process_started_itself_dies_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(_process("parent", f"{WITH_CHILD}; {SLEEP}", ready_file="child"))
    child = int((tmp_path / "child").read_text())

    os.kill(_pid(tmp_path, "parent"), signal.SIGKILL)

    assert await asyncio.to_thread(alive, {child}, 5) == set()


async def test_stages_stop_in_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (open('order', 'a').write(f'{name}\\n'), sys.exit()))\n"
        "open(f'{name}.up', 'w')\n"
        "time.sleep(600)"
    )
    for name, stage in (("engine", Stage.ENGINE), ("serve", Stage.SERVE), ("proxy", Stage.PROXY)):
        await supervisor.start(_process(name, f"name = {name!r}\n{code}", stage, ready_file=f"{name}.up"))

    await supervisor.stop()

    assert (tmp_path / "order").read_text().split() == ["proxy", "serve", "engine"]
    assert list((tmp_path / "pids").iterdir()) == []


async def test_a_pid_file_follows_the_restart(
    supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await supervisor.start(_process("steady", SLEEP))
    before = _pid(tmp_path, "steady")
    os.kill(before, signal.SIGKILL)

    await _until_line(capsys, "steady died: exit code -9")
    await _until_line(capsys, "steady            nowhere")

    assert _pid(tmp_path, "steady") not in {before, 0}


async def test_stopping_does_not_wait_for_a_restart_that_is_due(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    await supervisor.start(_process("fragile", "import time; time.sleep(0.1)"))
    await _until_line(capsys, "starting it again in 1.6 s", seconds=20)

    began = time.monotonic()
    await supervisor.stop()

    assert time.monotonic() - began < 1.2


def test_a_large_log_is_set_aside_and_pid_files_of_a_killed_run_are_dropped(tmp_path: Path) -> None:
    folder.prepare(tmp_path)
    folder.log_file(tmp_path, "portal").write_bytes(b"x" * (folder.ROTATE_BYTES + 1))
    folder.log_file(tmp_path, "billing").write_text("small")
    folder.pid_file(tmp_path, "portal").write_text("1")

    folder.prepare(tmp_path)

    sizes = {path.name: path.stat().st_size for path in (tmp_path / "logs").iterdir()}
    assert sizes == {"billing.log": 5, "portal.log": 0, "portal.log.1": folder.ROTATE_BYTES + 1}
    assert list((tmp_path / "pids").iterdir()) == []


async def test_the_log_of_a_process_that_writes_on_stays_bounded_and_its_writer_goes_on(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "ROTATE_BYTES", 10_000)
    code = "import time\nwhile True:\n    print('line ' + 'x' * 90, flush=True)\n    time.sleep(0.001)"
    await supervisor.start(_process("chatty", code))
    log = folder.log_file(tmp_path, "chatty")
    largest = 0

    for _ in range(20):
        await asyncio.sleep(0.1)
        folder.bound_logs(tmp_path)
        largest = max(largest, log.stat().st_size)
    after = log.stat().st_size
    await asyncio.sleep(0.3)

    assert largest < 10_000 + 100_000
    assert log.stat().st_size > after
    assert log.read_bytes().startswith(b"line ")
    assert log.with_suffix(".log.1").stat().st_size > 10_000
