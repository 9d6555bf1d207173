"""Run `python -m devstack` as people do, with fake services, ports of its own and a run directory of its own."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("portal", "messaging", "delivery", "billing", "edge", "b24sim")
NAMES = (
    *("postgres", "redis", "portal", "messaging", "delivery", "billing"),
    *("portal-worker", "messaging-worker", "delivery-worker", "billing-worker", "knowledge-worker"),
    *("sim", "gateway", "envoy"),
)
# Blocks of ports, below those that the kernel gives to clients; another one for another run beside this one.
_blocks = itertools.count(12000 + os.getpid() % 100 * 100, 50)


class Stack:
    """One `python -m devstack up` and what it printed."""

    def __init__(self, folder: Path, **overrides: str) -> None:
        self.run_dir = folder / "run"
        for package in PACKAGES:
            code = folder / "packages" / package
            code.mkdir(parents=True, exist_ok=True)
            (code / "__init__.py").touch()  # a regular package hides the real one
            (code / "__main__.py").write_text(f"import fake_process\nfake_process.main({package!r})\n")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TB_")},
            "PYTHONPATH": f"{folder / 'packages'}:{Path(__file__).parent / 'fakes'}",
            "TB_RUN_DIR": str(self.run_dir),
            **_own_ports(),
            **overrides,
        }
        self.url = f"http://127.0.0.1:{self.environment['TB_PORT']}"
        self.output = folder / "output"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def up(self, *wrapper: str) -> float:
        """Start and wait for the ready line; returns the seconds it took."""
        began = time.monotonic()
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [*wrapper, sys.executable, "-m", "devstack", "up"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.wait_for(f"ready: {self.url}")
        return time.monotonic() - began

    def command(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run `python -m devstack <command>` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "devstack", command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Stop it; returns the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - began

    def kill(self) -> None:
        """Whatever a test left running."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def wait_for(self, pattern: str, seconds: float = 60) -> None:
        """Wait until a line of the output matches `pattern` from its start."""
        deadline = time.monotonic() + seconds
        while not any(re.match(pattern, line) for line in self.lines()):
            assert time.monotonic() < deadline, f"no line {pattern!r} in:\n" + "\n".join(self.lines())
            assert self.process.poll() is None, "ended:\n" + "\n".join(self.lines())
            time.sleep(0.05)

    def wait_restarted(self, name: str, before: int) -> int:
        """Wait until `name` is ready again; returns the pid that took the place of `before`."""
        self.wait_for(rf"{name} +127\.0\.0\.1:\S+ +pid (?!{before} )", seconds=20)
        return self.pid(name)

    def pid(self, name: str) -> int:
        return int((self.run_dir / "pids" / f"{name}.pid").read_text())

    def given(self, package: str, command: str) -> dict[str, str]:
        """The environment that a fake process got."""
        found: dict[str, str] = json.loads((self.run_dir / f"{package}-{command}.json").read_text())
        return found


def descendants(pid: int) -> set[int]:
    """All live processes below `pid`."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_text().rpartition(") ")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(entry.name)] = int(parent)
    found: set[int] = set()
    while fresh := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= fresh
    return found


def alive(pids: set[int], seconds: float = 0) -> set[int]:
    """Those of `pids` that still run after at most `seconds` of waiting for them to end."""
    deadline = time.monotonic() + seconds
    while True:
        running = {pid for pid in pids if _state(pid) not in {"", "Z"}}
        if not running or time.monotonic() > deadline:
            return running
        time.sleep(0.05)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[0]
    except OSError:
        return ""


def _own_ports() -> dict[str, str]:
    port = next(_blocks)
    names = ("TB_PORT", "TB_GATEWAY_PORT", "TB_SIM_PORT", "TB_POSTGRES_PORT", "TB_REDIS_PORT")
    ports = {name: str(port + number) for number, name in enumerate(names)}
    grpc = {
        f"TB_{name.upper()}_GRPC": f"127.0.0.1:{port + 10 + number}" for number, name in enumerate(PACKAGES[:4])
    }
    return {**ports, **grpc, "TB_METRICS_BASE_PORT": str(port + 20)}
