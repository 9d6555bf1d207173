"""batch: order, halt, references, the injection, its limits (contract 3.3)."""

from typing import Any
from urllib.parse import quote

import pytest

from b24sim.testing import Sim


@pytest.fixture
async def portal(sim: Sim) -> dict[str, Any]:
    made = await sim.portal(users_count=120, installed=True)
    await sim.bot(made, "http://127.0.0.1:1/events")
    return made


async def batch(sim: Sim, portal: dict[str, Any], cmd: Any, **more: Any) -> Any:
    return await sim.result(portal, "batch", cmd=cmd, **more)


async def test_each_command_answers_under_its_key(sim: Sim, portal: dict[str, Any]) -> None:
    answer = await batch(
        sim, portal, {"p": "profile", "a": "user.admin", "u": "user.get?start=50&FILTER[ACTIVE]=1"}
    )

    assert answer["result"]["p"]["ID"] == "1"
    assert answer["result"]["a"] is True
    assert len(answer["result"]["u"]) == 50
    assert (answer["result_total"], answer["result_next"]) == ({"u": 120}, {"u": 100})
    assert answer["result_error"] == []
    assert set(answer["result_time"]) == {"p", "a", "u"}


async def test_a_reference_takes_a_value_from_an_earlier_command(sim: Sim, portal: dict[str, Any]) -> None:
    answer = await batch(
        sim, portal, {"u": "user.get?FILTER[ID]=7", "same": "user.get?FILTER[ID]=$result[u][0][ID]"}
    )

    assert answer["result"]["same"] == answer["result"]["u"]


async def test_a_text_in_a_batch_pulls_the_results_of_other_commands(sim: Sim, portal: dict[str, Any]) -> None:
    text = quote("имя директора: $result[p][LAST_NAME], нет: $result[x][y]")

    await batch(sim, portal, {
        "p": "profile",
        "m": f"imbot.v2.Chat.Message.send?botId=812&dialogId=2&fields[message]={text}",
    })  # fmt: skip

    assert (await sim.seen(portal))[0]["text"] == "имя директора: Смирнова, нет:"


async def test_an_error_stops_only_a_batch_that_halts(sim: Sim, portal: dict[str, Any]) -> None:
    cmd = {"bad": "no.such.method", "good": "user.admin"}

    halted, finished = await batch(sim, portal, cmd, halt=1), await batch(sim, portal, cmd, halt=0)

    assert halted["result"] == []
    assert halted["result_error"]["bad"]["error"] == "ERROR_METHOD_NOT_FOUND"
    assert finished["result"] == {"good": True}


async def test_the_fifty_first_command_and_a_nested_batch_fail_alone(sim: Sim, portal: dict[str, Any]) -> None:
    answer = await batch(sim, portal, ["batch?cmd[a]=profile", *["user.admin"] * 50])

    assert answer["result_error"]["0"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"
    assert answer["result_error"]["50"]["error"] == "ERROR_BATCH_LENGTH_EXCEEDED"
    assert len(answer["result"]) == 49


async def test_a_batch_is_one_request_of_the_bucket(sim: Sim) -> None:
    other = await sim.portal(limits={"rate": 0.001, "burst": 1})

    answer = await batch(sim, other, ["user.admin"] * 50)
    refused = await sim.call(other, "user.admin")

    assert len(answer["result"]) == 50
    assert refused.status_code == 503
