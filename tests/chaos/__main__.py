"""`make chaos`: each kind of fault in turn, then all at random, while people write; then every message is sought.

Exits with 1 when anything acknowledged is lost, shown twice or out of its order, when an event is refused where
none may be, or when a fault never struck.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from random import Random

import httpx

from tests.chaos import report
from tests.chaos.breakage import KEY_TRAP_S, Breakage, set_faults
from tests.chaos.faults import FAULTS, Fault, Scene
from tests.chaos.people import People, under_way
from tests.chaos.report import Row
from tests.chaos.stack import Ground, started
from tests.e2e.product import Product

AT_RANDOM = "at random"
_SETTLE_S = 900
_AROUND_S = 1.5
"""How long people write before a fault and after it."""
_AT_ONCE = 8
_PARKED = """
    SELECT portal_id FROM lanes WHERE parked_until > now() + interval '30 s' AND due_at IS NOT NULL
"""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--only", default="", help="faults with this in their name")
    parser.add_argument("--portals", type=int, default=25)
    parser.add_argument("--users", type=int, default=20, help="of each portal")
    parser.add_argument("--rate", type=float, default=20, help="messages a second")
    parser.add_argument("--random-s", type=float, default=180, help="how long everything breaks at random")
    parser.add_argument("--seed", type=int, default=Random().randrange(1 << 32))
    parser.add_argument("--write", action="store_true", help="put the tables into README.md and docs/chaos.md")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    began = time.monotonic()
    rows, strange = asyncio.run(_run(asked))
    note = (
        f"Seed {asked.seed}: {asked.portals} portals with {asked.users} people each, "
        f"{asked.rate:g} messages/s, {time.monotonic() - began:.0f} s."
    )
    print(report.table(rows))
    wrong = [line for row in rows for line in row.wrong]
    wrong += [f"shown under a key that delivery does not know: {one}" for one in strange[:5]]
    print("\n".join(wrong))
    if asked.write:
        report.write(rows, note)
    sys.exit(bool(wrong))


async def _run(asked: argparse.Namespace) -> tuple[list[Row], list[str]]:
    async with started() as ground:
        faults = [one for one in FAULTS if asked.only in one.name and one.needs <= ground.has]
        if left_out := [one.name for one in FAULTS if not one.needs <= ground.has]:
            print(f"left out, for this machine cannot have them: {', '.join(left_out)}", flush=True)
        members = await _installed(ground.product, asked.portals, asked.users)
        print(f"{len(members)} portals installed", flush=True)
        people = People(ground.product, members, asked.users, asked.seed)
        times, ended, given_up = dict[str, int](), dict[str, bool](), set[str]()
        phases: list[Fault | None] = [*faults, *([None] if asked.only in AT_RANDOM else [])]
        for fault in phases:
            name = fault.name if fault else AT_RANDOM
            print(name, flush=True)
            if fault:
                times[name] = await _under(fault, people, ground, members, asked.rate)
            else:
                times[name] = await _at_random(people, ground, members, asked)
            keys, ended[name] = await _settled(ground.product)
            given_up |= keys
        verdicts, strange = await people.verdicts(given_up)
    rows = [
        Row(
            one.name,
            times[one.name],
            verdicts[one.name],
            ended[one.name],
            one.may_refuse,
            one.is_timed,
            one.at_most_s,
        )
        for one in faults
    ]
    if AT_RANDOM in times:
        rows.append(Row(AT_RANDOM, times[AT_RANDOM], verdicts[AT_RANDOM], ended[AT_RANDOM]))
    return rows, strange


async def _under(fault: Fault, people: People, ground: Ground, members: Sequence[str], rate: float) -> int:
    """Have a fault while people write; returns how often it struck."""
    scene = Scene(ground, members)
    writing = asyncio.create_task(people.write(fault.name, rate))
    await asyncio.sleep(_AROUND_S)
    try:
        async with fault.applied(scene):
            await asyncio.sleep(fault.seconds)
    except Exception as error:  # noqa: BLE001 - whatever it is: the other faults' rows are not to be lost
        print(f"{fault.name}: {error!r}", flush=True)
        scene.times = 0
    await asyncio.sleep(_AROUND_S)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await people.over()
    return scene.times


async def _at_random(people: People, ground: Ground, members: Sequence[str], asked: argparse.Namespace) -> int:
    breakage = Breakage(ground.product, members, asked.seed)
    both = [
        asyncio.create_task(breakage.run()),
        asyncio.create_task(people.write(AT_RANDOM, asked.rate)),
    ]
    await asyncio.sleep(asked.random_s)
    for one in both:
        one.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    await set_faults(ground.product, members, [])
    await people.over()
    print(", ".join(f"{name} {times}" for name, times in sorted(breakage.done.items())), flush=True)
    return breakage.done.total()


async def _installed(product: Product, count: int, users: int) -> list[str]:
    free = asyncio.Semaphore(_AT_ONCE)

    async def one() -> str:
        async with free:
            portal = await product.portal(users_count=users, limits="off")
            await product.install(portal, list(range(1, users + 1)))
            await product.sim("PATCH", f"/portals/{portal['member_id']}", key_trap_s=KEY_TRAP_S)
            return str(portal["member_id"])

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def _settled(product: Product) -> tuple[set[str], bool]:
    """Do what the console's people would: mend portals, send dead letters again.

    Returns the keys of those, and whether everything came to its end.
    """
    given_up: set[str] = set()
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline:
        with suppress(AssertionError, httpx.HTTPError, OSError):
            given_up |= await _mend(product)
            if not await under_way(product):
                return given_up, True
        await asyncio.sleep(1)
    return given_up, False


async def _mend(product: Product) -> set[str]:
    dead = await product.sql("delivery", "SELECT uuid FROM outbox WHERE state = 'dead'")
    if dead:
        await product.operate("/outbox/retry", filter={}, dry_run=False)
    for row in await product.sql("delivery", _PARKED):
        await product.operate(f"/portals/{row['portal_id']}/attempt-fix")
    return {row["uuid"] for row in dead}


if __name__ == "__main__":
    main()
