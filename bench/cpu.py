"""Processor time and memory of processes, from /proc (Linux)."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class _Times(NamedTuple):
    parent: int
    own_s: float
    waited_s: float
    """Of children that have ended and were waited for."""


def used(roots: Mapping[str, int]) -> dict[str, float]:
    """Processor seconds, user and system, that each named process and its descendants have used so far."""
    table = _table()
    totals = {name: table[pid].own_s + table[pid].waited_s for name, pid in roots.items()}
    for name, pid in _descendants(table, roots):
        totals[name] += table[pid].own_s
    return totals


def resident(roots: Mapping[str, int]) -> dict[str, float]:
    """Memory in MB of each named process and its descendants; what several share counts for each in part (PSS)."""
    totals = dict.fromkeys(roots, 0.0)
    for name, pid in [*roots.items(), *_descendants(_table(), roots)]:
        totals[name] += _pss_kb(pid) / 1024
    return totals


def of_roles(postmaster: int) -> dict[str, float]:
    """Processor seconds that a Postgres's sessions have used so far, by the role they are of."""
    used: dict[str, float] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        times = _times(entry)
        if times and times.parent == postmaster and (role := _role(entry)):
            used[role] = used.get(role, 0.0) + times.own_s
    return used


def busy() -> float:
    """Processor seconds that this machine was not idle so far, summed over its processors."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    user, nice, system, _idle, _waiting, irq, softirq, steal = (int(field) for field in fields)
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_S


def _table() -> dict[int, _Times]:
    return {int(entry.name): times for entry in Path("/proc").glob("[0-9]*") if (times := _times(entry))}


def _descendants(table: Mapping[int, _Times], roots: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    names = {pid: name for name, pid in roots.items()}
    for pid, times in table.items():
        ancestor = times.parent
        while ancestor in table and ancestor not in names:
            ancestor = table[ancestor].parent
        if pid not in names and ancestor in names:
            yield names[ancestor], pid


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended meanwhile
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _role(entry: Path) -> str | None:
    try:
        title = (entry / "cmdline").read_bytes().split(b"\0")[0].decode().split()
    except OSError:  # it ended meanwhile
        return None
    return title[1] if len(title) > 1 and title[0] == "postgres:" else None


def _times(entry: Path) -> _Times | None:
    try:
        fields = (entry / "stat").read_text().rpartition(") ")[2].split()
    except OSError:  # it ended meanwhile
        return None
    user, system, waited_user, waited_system = (int(field) for field in fields[11:15])
    return _Times(int(fields[1]), (user + system) / _TICKS_PER_S, (waited_user + waited_system) / _TICKS_PER_S)
