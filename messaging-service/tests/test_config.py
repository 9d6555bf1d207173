"""Settings that would lose something are refused at the start."""

import pytest

from kit.config import SettingsError, read
from messaging.blackbox import KEYS_KEPT
from messaging.config import Settings

GIVEN = {"TB_DATABASE_DSN": "postgresql://", "TB_REDIS_URL": "redis://", "TB_SECRET_KEYS": "-"}


@pytest.mark.parametrize("days", ["0", "34", "3651"])
def test_history_that_is_shorter_than_its_keys_or_without_an_end_is_refused(days: str) -> None:
    with pytest.raises(SettingsError, match="TB_HISTORY_DAYS is 35 to 3650"):
        read(Settings, {**GIVEN, "TB_HISTORY_DAYS": days})


def test_history_may_be_as_short_as_its_keys() -> None:
    assert read(Settings, {**GIVEN, "TB_HISTORY_DAYS": str(KEYS_KEPT.days)}).history_days == 35
