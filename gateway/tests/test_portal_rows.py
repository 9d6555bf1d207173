"""What the portal app is told of its portal: an administrator more than an employee."""

import pytest

from edge import portal_rows
from edge.auth import PortalSession
from teachbase.portal.v1 import portal_pb2 as pb

REASON = "Не оплачен счёт 41"


def session(*, is_admin: bool) -> PortalSession:
    return PortalSession("p1", "m1", 1, is_admin)


def portal() -> pb.Portal:
    bot = pb.Bot(id=812, state=pb.BOT_STATE_REGISTERED, api=pb.BOT_API_V2)
    return pb.Portal(id="p1", state=pb.PORTAL_STATE_ACTIVE, bot=bot)


@pytest.mark.parametrize(("is_admin", "told"), [(True, REASON), (False, None)])
def test_only_an_administrator_is_told_why_the_vendor_stopped_the_portal(is_admin: bool, told: str | None) -> None:
    suspended = portal()
    suspended.state, suspended.suspended_reason = pb.PORTAL_STATE_SUSPENDED, REASON

    status = portal_rows.status(suspended, session(is_admin=is_admin), allowed=True)

    assert (status.status, status.suspended_reason) == ("suspended", told)


def test_a_portal_that_nobody_stopped_has_no_reason() -> None:
    assert portal_rows.status(portal(), session(is_admin=True), allowed=True).suspended_reason is None


@pytest.mark.parametrize(
    ("api", "word"), [(pb.BOT_API_V2, "v2"), (pb.BOT_API_V1, "v1"), (pb.BOT_API_UNSPECIFIED, "v2")]
)
def test_the_generation_of_the_bot_is_told(api: pb.BotApi.ValueType, word: str) -> None:
    served = portal()
    served.bot.api = api

    assert portal_rows.status(served, session(is_admin=True), allowed=True).bot.api == word
