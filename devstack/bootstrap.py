"""`python -m devstack.bootstrap`: roles, schemas and extensions in a Postgres that is not ours to start.

A job of compose.yaml and of k8s/, before the migrations; safe to repeat. Each role's password is the one in the
DSN that its service is given.
"""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from devstack import database
from kit.config import SettingsError, read


@dataclass(frozen=True, kw_only=True)
class Settings:
    """TB_* of the job."""

    postgres_dsn: str = field(repr=False)
    """A superuser's, of the database to found everything in."""
    portal_dsn: str = field(repr=False)
    messaging_dsn: str = field(repr=False)
    delivery_dsn: str = field(repr=False)
    billing_dsn: str = field(repr=False)


def passwords(settings: Settings) -> dict[str, str]:
    """Each context's password. Raises SettingsError for a DSN that is not of the context's role."""
    chosen = {}
    for context in database.CONTEXTS:
        parts = urlsplit(getattr(settings, f"{context}_dsn"))
        if parts.username != f"tb_{context}" or not parts.password:
            raise SettingsError(
                f"TB_{context.upper()}_DSN is not postgresql://tb_{context}:password@host/database"
            )
        chosen[context] = unquote(parts.password)
    return chosen


def main() -> None:
    """Run the job."""
    try:
        settings = read(Settings)
        asyncio.run(database.found(settings.postgres_dsn, passwords(settings)))
    except SettingsError as error:
        raise SystemExit(f"bootstrap: {error}") from None


if __name__ == "__main__":
    main()
