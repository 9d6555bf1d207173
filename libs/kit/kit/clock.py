"""The clock of the processes; use cases take a `now`, so that a test can stand still."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time by this machine's clock."""
    return datetime.now(UTC)
