"""What messaging refused for good is found and requeued in the console, without a shell on the machine."""

from google.protobuf.timestamp_pb2 import Timestamp

from edge.set_aside import SetAside
from kit import ids
from teachbase.messaging.v1 import messaging_pb2 as pb
from tests.e2e.product import Product, eventually
from tests.e2e.test_exports import exported


async def test_an_event_that_was_set_aside_is_requeued_and_audited(product: Product) -> None:
    event = _event()
    SetAside(product.run_dir / "spool").put(event, "INVALID_ARGUMENT", "a rule that is mended by now")

    before = await product.admin("/spool")
    [row] = (await product.admin("/spool/set-aside", trace_id=event.trace_id))["items"]
    answer = await product.admin_post(f"/spool/set-aside/{row['id']}/requeue")

    assert (before["state"], before["set_aside"]) == ("empty", 1)
    assert (row["reason"], row["cause"]) == ("invalid_argument", "a rule that is mended by now")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")
    stored = (await product.admin("/inbound-events", trace_id=event.trace_id))["items"]
    assert [one["reason"] for one in stored] == ["unknown_portal"]
    assert (await product.admin("/spool"))["set_aside"] == 0
    entry = (await product.admin("/audit", action="spool.requeue"))["items"][0]
    assert entry["after"] == {"id": row["id"], "trace_id": event.trace_id}


async def test_what_was_set_aside_leaves_as_a_file(product: Product) -> None:
    event, other = _event(), _event()
    for one in (event, other):
        SetAside(product.run_dir / "spool").put(one, "INVALID_ARGUMENT", "=a rule that is mended by now")

    rows = await exported(product, "spool/set-aside", trace_id=event.trace_id)

    assert [(one["trace_id"], one["cause"]) for one in rows] == [
        (event.trace_id, "'=a rule that is mended by now")
    ]
    entry = (await product.admin("/audit", action="export.set_aside"))["items"][0]
    assert entry["after"] == {"filter": {"trace_id": event.trace_id}}
    for one in (await product.admin("/spool/set-aside"))["items"]:
        await product.admin_post(f"/spool/set-aside/{one['id']}/requeue")


async def test_while_messaging_is_gone_the_console_says_what_waits_and_why(product: Product) -> None:
    with product.frozen("messaging"):
        taken = await product.post_event(b"event=ONX")
        waiting = await eventually(lambda: _waiting(product), 30, "the cause")

    assert taken.status_code == 200
    assert (waiting["state"], waiting["reason"]) == ("waiting", "messaging_slow")
    assert waiting["next_step"]
    await eventually(lambda: _is_empty(product), 30, "an empty spool")


async def _waiting(product: Product) -> dict[str, object] | None:
    state: dict[str, object] = await product.admin("/spool")
    return state if state["cause"] else None


async def _is_empty(product: Product) -> bool:
    return bool((await product.admin("/spool"))["state"] == "empty")


def _event() -> pb.RawEvent:
    received = Timestamp()
    received.GetCurrentTime()
    return pb.RawEvent(
        trace_id=ids.uuid7().hex,
        received_at=received,
        method="POST",
        path="/v1/bitrix/events",
        content_type="application/x-www-form-urlencoded",
        body=b"event=ONX&auth%5Bmember_id%5D=" + b"f" * 32,
    )
