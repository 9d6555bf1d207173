"""The load generator, a process of its own: `python -m bench.load` reads a job on stdin and prints its result."""

import asyncio
import gc
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import uvloop

from bench import cpu
from bench.client import Load
from bench.events import PORTALS, requests

GENERATOR = "load generator"


class LoadFailed(Exception):
    """The load generator gave up; the text is what it said last."""


@dataclass(frozen=True)
class Job:
    """What to do to the server on 127.0.0.1:`port`."""

    port: int
    connections: int
    rate: float
    """Requests a second that fall due; 0 = as many as the connections carry."""
    warm_s: float
    measure_s: float
    first_id: int
    """Of the messages sent: every one has the id after the last one's."""
    processes: Mapping[str, int]
    """The server's processes by name, whose processor time is measured: name -> pid."""
    portals: int = PORTALS
    """How many portals the events come from."""


@dataclass(frozen=True)
class Result:
    """What came of a job. Every request was answered 200, else there is no result."""

    sent: int
    """All requests, the warm-up's too."""
    seconds: float
    """How long was measured."""
    per_second: float
    """Answers within the measured seconds."""
    p50_ms: float
    """Of requests that were sent, or in an open loop due, within the measured seconds."""
    p99_ms: float
    max_ms: float
    cpu_s: Mapping[str, float]
    """Processor seconds within the measured ones, by process; the load generator is one of them."""
    others_cores: float
    """Processors kept busy by whatever has no name here: other programs, the kernel's own work."""


async def apply(job: Job) -> Result:
    """Warm up, measure, wait for the last answers. Raises Refused for an answer other than 200."""
    load = Load(requests(job.port, job.first_id, job.portals), job.rate)
    processes = {**job.processes, GENERATOR: os.getpid()}
    await load.start(job.port, job.connections)
    await asyncio.wait([load.done], timeout=job.warm_s)
    cpu_before, busy_before, begin = cpu.used(processes), cpu.busy(), perf_counter()
    await asyncio.wait([load.done], timeout=job.measure_s)
    cpu_after, busy_after, end = cpu.used(processes), cpu.busy(), perf_counter()
    load.stop()
    await load.done
    took = sorted(1000 * took for at, took in load.acknowledged if begin <= at - took < end)
    cpu_s = {name: round(cpu_after[name] - cpu_before[name], 2) for name in processes}
    return Result(
        sent=load.sent,
        seconds=end - begin,
        per_second=sum(begin <= at < end for at, _ in load.acknowledged) / (end - begin),
        p50_ms=percentile(took, 0.5),
        p99_ms=percentile(took, 0.99),
        max_ms=took[-1],
        cpu_s=cpu_s,
        others_cores=max(0.0, busy_after - busy_before - sum(cpu_s.values())) / (end - begin),
    )


async def drive(job: Job) -> Result:
    """Apply a job in a process of its own. Raises LoadFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    out, err = await process.communicate(json.dumps(asdict(job)).encode())
    if process.returncode:
        raise LoadFailed(err.decode(errors="replace")[-2000:])
    return Result(**json.loads(out))


def per_1000(result: Result, process: str) -> float:
    """Processor seconds that a process used for 1000 answers."""
    return 1000 * result.cpu_s[process] / (result.per_second * result.seconds)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below or at which a share of them lies."""
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


if __name__ == "__main__":
    gc.disable()  # a short life without cycles; a collection would stand in the latencies
    print(json.dumps(asdict(uvloop.run(apply(Job(**json.load(sys.stdin)))))))
