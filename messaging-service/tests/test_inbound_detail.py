"""One request in full: what is stored of it, without secrets, and why it came to what it did."""

from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from teachbase.messaging.v1 import blackbox_pb2 as pb


async def test_a_request_is_shown_in_full_without_secrets_and_with_hints(service: Any, event_of: Any) -> None:
    stranger = type(await service.portal())()
    event = event_of(stranger)
    event.headers.update({"authorization": "Bearer x", "user-agent": "Bitrix24"})
    await service.ingest(event)

    found = await service.blackbox.GetInboundEvent(pb.GetInboundEventRequest(id=str(UUID(hex=event.trace_id))))

    assert found.event.reason == "unknown_portal"
    assert dict(found.headers) == {"authorization": "***", "user-agent": "Bitrix24"}
    assert stranger.application_token not in found.body.decode() + found.parsed_json
    assert '"text":"Вопрос"' in found.parsed_json
    assert "No portal with this member_id" in found.hints[0]


async def test_what_is_not_there_is_not_found(service: Any) -> None:
    nowhere = str(uuid4())
    for call, asked in (
        (service.blackbox.ReplayInboundEvent, pb.ReplayInboundEventRequest(id=nowhere)),
        (service.blackbox.GetInboundEvent, pb.GetInboundEventRequest(id=nowhere)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call(asked)
        assert failed.value.code() is grpc.StatusCode.NOT_FOUND
