"""`make chaos`: everything breaks at random while people write; in the end every message is looked for.

Exits with 1 when anything acknowledged is lost, shown twice or out of its order.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import httpx

from devstack.ports import next_free
from tests.chaos.breakage import KEY_TRAP_S, Breakage
from tests.chaos.people import People, Truth
from tests.e2e.product import Product

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_BEGIN, _END = "<!-- chaos -->\n", "<!-- /chaos -->"
_READY_S = 120
_SETTLE_S = 900
_USERS = 5
_PARKED = """
    SELECT portal_id FROM lanes WHERE parked_until > now() + interval '30 s' AND due_at IS NOT NULL
"""
_AT_ONCE = 8
_PORTS = ("TB_PORT", "TB_GATEWAY_PORT", "TB_SIM_PORT", "TB_POSTGRES_PORT", "TB_REDIS_PORT", "TB_METRICS_BASE_PORT")
_CONTEXTS = ("PORTAL", "MESSAGING", "DELIVERY", "BILLING")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--portals", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--seed", type=int, default=Random().randrange(1 << 32))
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with _stack() as product:
        truth, breakage, seconds = asyncio.run(_run(product, asked))
    table = _table(truth, breakage, asked, seconds)
    print(table)
    for name in ("lost", "doubled", "disordered"):
        for one in getattr(truth, name)[:10]:
            print(f"{name}: {one}")
    if asked.write:
        before, _, rest = README.read_text().partition(_BEGIN)
        README.write_text(f"{before}{_BEGIN}{table}\n{_END}{rest.partition(_END)[2]}")
    sys.exit(bool(truth.lost or truth.doubled or truth.disordered))


async def _run(product: Product, asked: argparse.Namespace) -> tuple[Truth, Breakage, float]:
    async with product.connected():
        members = await _installed(product, asked.portals)
        print(f"{len(members)} portals installed", flush=True)
        people = People(product, members, _USERS, asked.seed)
        breakage = Breakage(product, members, asked.seed)
        began = time.monotonic()
        breaking = asyncio.create_task(breakage.run())
        await people.write(asked.messages, asked.rate)
        breaking.cancel()
        await asyncio.gather(breaking, return_exceptions=True)
        await breakage.heal()
        print("everything is well again; waiting for what is under way", flush=True)
        given_up = await _settled(product)
        return await people.truth(given_up), breakage, time.monotonic() - began


async def _installed(product: Product, count: int) -> list[str]:
    free = asyncio.Semaphore(_AT_ONCE)

    async def one() -> str:
        async with free:
            portal = await product.portal(users_count=_USERS, limits="off")
            await product.install(portal, list(range(1, _USERS + 1)))
            change = {"key_trap_s": KEY_TRAP_S}
            await product.sim("PATCH", f"/portals/{portal['member_id']}", **change)
            return str(portal["member_id"])

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def _settled(product: Product) -> set[str]:
    """Do what the console's people would: mend portals, send dead letters again. Returns the keys of those."""
    given_up: set[str] = set()
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline:
        with suppress(AssertionError, httpx.HTTPError, OSError):
            given_up |= await _mend(product)
            if not await _open(product):
                return given_up
        await asyncio.sleep(2)
    print("not everything came to its end", flush=True)
    return given_up


async def _mend(product: Product) -> set[str]:
    dead = await product.sql("delivery", "SELECT uuid FROM outbox WHERE state = 'dead'")
    if dead:
        await product.operate("/outbox/retry", filter={}, dry_run=False)
    parked = await product.sql(
        "delivery",
        "SELECT portal_id FROM lanes WHERE parked_until > now() + interval '30 s' AND due_at IS NOT NULL",
    )
    for row in parked:
        await product.operate(f"/portals/{row['portal_id']}/attempt-fix")
    return {row["uuid"] for row in dead}


async def _open(product: Product) -> int:
    """How many messages are still on their way, at whichever place."""
    waiting = await product.sql("messaging", "SELECT count(*) FROM dialogs WHERE pending_since IS NOT NULL")
    going = await product.sql("delivery", "SELECT count(*) FROM outbox WHERE state <> 'sent'")
    spool = (await product.http.get(f"{product.url}/ready")).json().get("spool_depth", 0)
    return int(waiting[0]["count"] + going[0]["count"] + spool)


def _table(truth: Truth, breakage: Breakage, asked: argparse.Namespace, seconds: float) -> str:
    broken = ", ".join(f"{name} {times}" for name, times in sorted(breakage.done.items()))
    rows: Sequence[tuple[str, object]] = (
        ("written", truth.written),
        ("acknowledged", truth.acknowledged),
        ("answered", truth.answered),
        ("**lost**", len(truth.lost)),
        ("**shown twice**", len(truth.doubled)),
        ("**dialogs out of order**", len(truth.disordered)),
        ("broken meanwhile", broken),
        ("took", f"{seconds:.0f} s, seed {asked.seed}, {asked.portals} portals"),
    )
    lines = ["| `make chaos` | messages |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines)


@contextmanager
def _stack() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder, ports = Path(name), dict[str, int]()
        for variable in (*_PORTS, *(f"TB_{context}_GRPC" for context in _CONTEXTS)):
            ports[variable] = next_free(max(ports.values(), default=24_000) + 20)
        environment = {
            **{variable: value for variable, value in os.environ.items() if not variable.startswith("TB_")},
            **{variable: str(ports[variable]) for variable in _PORTS},
            **{variable: f"127.0.0.1:{port}" for variable, port in ports.items() if variable not in _PORTS},
            "TB_RUN_DIR": str(folder / "run"),
            "TB_PUBLIC_URL": f"http://127.0.0.1:{ports['TB_PORT']}",
        }
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "devstack", "up"], cwd=ROOT, env=environment, stdout=output, stderr=output
            )
        product = Product(folder / "run", environment)
        try:
            product.wait_ready(process, folder / "output", _READY_S)
            yield product
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


if __name__ == "__main__":
    main()
