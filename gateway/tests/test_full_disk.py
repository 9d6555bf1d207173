"""A full disk while messaging is away: 503 and an alert, never a lost 200; room again, and it is over."""

import asyncio
from typing import Any

import pytest

from edge.intake import NOT_DURABLE

TEXT = "x" * 4000


async def until(met: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110 - what is waited for happens in another process or thread
            await asyncio.sleep(0.01)


async def test_what_does_not_fit_is_refused_and_all_else_is_kept(console_on_small_disk: Any) -> None:
    console = console_on_small_disk
    gateway, headers = console.gateway, console.sign_in("viewer")
    counted = NOT_DURABLE._value.get()
    ballast = gateway.spool_dir / "ballast"
    ballast.write_bytes(bytes(100_000))
    gateway.messaging.away = True

    answers = [await gateway.post(f"event={number}&text={TEXT}") for number in range(60)]
    state = (await console.http.get("/v1/admin/spool", headers=headers)).json()
    ready = (await gateway.http.get("/ready")).json()
    ballast.unlink()
    after = await gateway.post("event=after")
    gateway.messaging.away = False
    await until(lambda: gateway.spool.depth == 0)
    direct = await gateway.post("event=direct")

    refused = [answer for answer in answers if answer.status_code != 200]
    kept = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert 10 < len(refused) < 50
    assert {answer.status_code for answer in refused} == {503}
    assert {answer.json()["error"] for answer in refused} == {"not_durable"}
    assert set(refused[0].json()) == {"error", "trace_id", "message", "detail"}
    assert (after.status_code, direct.status_code) == (200, 200)
    wanted = [*(f"event={number}&text={TEXT}" for number in kept), "event=after", "event=direct"]
    assert gateway.messaging.bodies == wanted
    assert NOT_DURABLE._value.get() - counted == len(refused)
    assert (state["not_durable"], state["last_not_durable_cause"]) == (len(refused), "No space left on device")
    assert (state["disk_free_mb"], state["depth"]) == (0, len(kept))
    assert (ready["not_durable"], ready["last_not_durable_at"]) == (len(refused), state["last_not_durable_at"])


async def test_with_messaging_up_a_full_disk_is_not_noticed(console_on_small_disk: Any) -> None:
    gateway = console_on_small_disk.gateway
    with pytest.raises(OSError, match="No space"):
        (gateway.spool_dir / "ballast").write_bytes(bytes(1_000_000))

    answer = await gateway.post("event=A")

    assert (answer.status_code, gateway.messaging.bodies) == (200, ["event=A"])
