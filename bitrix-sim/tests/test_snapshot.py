"""A restart keeps portals, tokens, bots, messages and the memory of uuids."""

import asyncio
from pathlib import Path

from b24sim.testing import FakeClock, simulator

V4 = "3f0c9a51-77d2-4b1e-9c44-0a6b5d2e8f10"
SEND = "imbot.v2.Chat.Message.send"


async def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    clock, state = FakeClock(), tmp_path / "sim/state.json"
    message = {"botId": 812, "dialogId": "2", "fields": {"message": "Привет", "templateId": V4}}
    async with simulator(clock, state_file=state) as before:
        portal = await before.portal(installed=True, users_count=60, limits="off")
        await before.bot(portal, "http://127.0.0.1:1/events")
        await before.say(portal, 2, "Есть кто?")
        sent = await before.result(portal, SEND, **message)
        member = f"/portals/{portal['member_id']}"
        await before.control("PUT", f"{member}/faults", [{"kind": "sending_failed", "method": SEND, "count": 1}])
        burnt = V4.replace("3f0c", "ffff")
        await before.call(portal, SEND, **{**message, "fields": {"message": "x", "templateId": burnt}})
        seen = await before.seen(portal)
        stats = await before.control("GET", "/stats")

    async with simulator(clock, state_file=state) as after:
        portal["client_endpoint"] = f"{after.url}/portals/{portal['domain']}/rest/"

        assert await after.seen(portal, dialog_id="2") == seen
        assert await after.control("GET", "/stats") == stats
        assert await after.result(portal, SEND, **message) == sent
        trapped = await after.call(portal, SEND, **{**message, "fields": {"message": "x", "templateId": burnt}})
        assert trapped.json()["error"] == "SENDING_FAILED"
        assert (await after.say(portal, 2, "Ещё вопрос"))["message_id"] == sent["id"] + 1
        assert len(await after.seen(portal)) == 3


async def test_the_state_is_written_soon_after_a_change(tmp_path: Path) -> None:
    state = tmp_path / "sim/state.json"
    async with simulator(FakeClock(), state_file=state) as sim:
        portal = await sim.portal()
        await asyncio.sleep(1.5)

        assert portal["member_id"] in state.read_text()
