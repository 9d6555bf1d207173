"""Many calls in one request: packed within the limits, in order, and no text can pull another's result."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitrix import batch
from bitrix.client import Answer, Call
from bitrix.errors import BitrixError, Kind
from bitrix.limiter import Budget

from .conftest import World

SEND = "imbot.v2.Chat.Message.send"
PLENTY = Budget(rate=100_000, burst=100_000)


def send(text: str, dialog_id: str = "2") -> Call:
    return Call(SEND, {"botId": 812, "dialogId": dialog_id, "fields": {"message": text}})


# Texts that try to be references, near-references, or just hard to encode.
pieces = st.sampled_from(
    [
        "$result[c0][id]",
        "$result[c0]",
        "$",
        "result[c0]",
        "[c0]",
        "%24result[c1][id]",
        "$result%5Bc0%5D",
        "&auth=x",
        "a=b",
        "+",
        "%",
        "Ё",
        "👍",
        '"',
        "x",
    ]
)
hostile = st.lists(pieces, min_size=1, max_size=6).map("".join).filter(str.strip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        hostile | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
        min_size=1,
        max_size=8,
    )
)
async def test_no_text_can_pull_what_another_command_gave(world: World, said: list[str]) -> None:
    said = [f"{number}|{text}|" for number, text in enumerate(said)]
    portal, tokens = await world.portal(limits="off")
    calls = [Call("user.admin", {}), Call("user.current", {}), *map(send, said)]

    outcomes = await world.rest(PLENTY).batch(tokens, calls, patience_s=5)

    assert all(isinstance(one, Answer) for one in outcomes)
    assert [item["text"] for item in await world.sim.seen(portal)] == said


values = st.recursive(
    st.text(max_size=30) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), max_size=120))
def test_packs_keep_all_in_order_and_hold_no_dollar(params: list[dict[str, Any]]) -> None:
    calls = [Call(SEND, one) for one in params]

    packs = batch.pack(calls)

    assert [place for places in packs for place in places] == list(range(len(calls)))
    assert all(1 <= len(places) <= batch.MAX_COMMANDS for places in packs)
    for places in packs:
        if len(places) > 1:
            commands = batch.join([calls[place] for place in places]).params["cmd"].values()
            assert not any("$" in value for one in commands for value in parse_qs(one).values())
            assert not any("$" in one or "%24" in one for one in commands)


def test_a_request_is_bounded_in_bytes() -> None:
    calls = [send("Ё" * 15_000)] * 50

    packs = batch.pack(calls)

    sizes = [
        sum(map(len, batch.join([calls[place] for place in places]).params["cmd"].values())) for places in packs
    ]
    assert len(packs) == 5
    assert max(sizes) <= batch.MAX_BYTES


@pytest.mark.parametrize(
    "call",
    [
        Call("batch", {"cmd": {}}),
        Call("imbot.v2.File.upload", {"botId": 1}),
        Call(SEND, {"fields": {"keyboard": []}}),
        Call(SEND, {"fields": {"message": "5 $"}}),
        Call(SEND, {"fields": {"$": "x"}}),
        Call(SEND, {"fields": {"keyboard": [{"TEXT": "$"}]}}),
    ],
)
def test_what_a_batch_would_spoil_travels_alone(call: Call) -> None:
    assert batch.pack([send("a"), call, send("b")]) == [[0], [1], [2]]


async def test_a_refused_command_leaves_the_others_alone(world: World) -> None:
    portal, tokens = await world.portal(limits="off")

    outcomes = await world.rest(PLENTY).batch(
        tokens,
        [send("first"), send("nobody", "999"), send(" "), Call("no.such.method", {}), send("last")],
        patience_s=1,
    )

    kinds = [one.kind if isinstance(one, BitrixError) else None for one in outcomes]
    assert kinds == [None, Kind.DIALOG, Kind.REQUEST, Kind.CONFIG, None]
    assert [item["text"] for item in await world.sim.seen(portal)] == ["first", "last"]
    assert len(await world.requests(portal, "batch")) == 1


async def test_after_a_failure_of_the_portal_the_rest_is_not_tried(world: World) -> None:
    portal, tokens = await world.portal(limits="off")
    await world.sim.control(
        "PUT", f"/portals/{portal['member_id']}/faults", [{"kind": "payment_required", "method": SEND}]
    )

    outcomes = await world.rest(PLENTY).batch(tokens, [send("1 $"), send("2"), send("3")], patience_s=1)

    codes = [one.code for one in outcomes if isinstance(one, BitrixError)]
    assert codes == ["PAYMENT_REQUIRED", "not_tried", "not_tried"]
    assert await world.sim.seen(portal) == []


async def test_paging_and_booleans_survive_a_batch(world: World) -> None:
    _, tokens = await world.portal(users_count=60, limits="off")
    calls = [Call("user.get", {"FILTER": {"ACTIVE": True}}), Call("user.get", {"start": 50})]

    outcomes = await world.rest(PLENTY).batch(tokens, calls, patience_s=1)

    first, second = outcomes
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (len(first.result), first.total, first.next) == (50, 60, 50)
    assert (len(second.result), second.next) == (10, None)


def test_an_answer_that_forgets_a_command_leaves_its_outcome_unknown() -> None:
    calls = [send("a"), send("b")]

    outcomes = batch.split(Answer({"result": {"c0": {"id": 1}}, "result_error": []}), calls, "m")

    assert isinstance(outcomes[0], Answer)
    assert isinstance(outcomes[1], BitrixError)
    assert not outcomes[1].outcome_is_known


@pytest.mark.parametrize("result", [None, [], {}, "x", {"result": []}, {"result": [1], "result_error": "x"}])
def test_a_batch_answered_with_anything_is_read(result: Any) -> None:
    [outcome] = batch.split(Answer(result), [send("a")], "m")

    assert isinstance(outcome, BitrixError)
