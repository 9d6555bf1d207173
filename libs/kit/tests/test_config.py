"""Settings: all that is wrong is named at once, secrets are not shown, default passwords are refused."""

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kit.config import ServiceSettings, SettingsError, read

GOOD = {
    "TB_SECRET_KEYS": "a-secret-key",
    "TB_DATABASE_DSN": "postgresql://role:hidden@127.0.0.1:5432/teachbase",
    "TB_REDIS_URL": "redis://127.0.0.1:6379/0",
}


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Settings with every kind of field."""

    port: int = 1
    ratio: float = 0.5
    folder: Path = Path()
    token: str = field(default="", repr=False)


def test_fields_are_read_by_their_types_and_the_rest_has_defaults() -> None:
    settings = read(Settings, {**GOOD, "TB_PORT": "8000", "TB_RATIO": "0.25", "TB_FOLDER": "/srv", "TB_TOKEN": ""})

    assert (settings.port, settings.ratio, settings.folder) == (8000, 0.25, Path("/srv"))
    assert (settings.env, settings.database_pool, settings.token) == ("dev", 10, "")


def test_everything_missing_and_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read(Settings, {"TB_REDIS_URL": "", "TB_PORT": "eighty", "TB_RATIO": "half", "TB_SECRET_KEYS": "x"})

    problems = str(refused.value)
    for told in ("TB_DATABASE_DSN is not set", "TB_REDIS_URL is not set", "TB_PORT is not a int", "TB_RATIO"):
        assert told in problems
    assert "TB_SECRET_KEYS" not in problems


def test_a_secret_may_come_from_a_file_and_nothing_else_may(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    without_keys = {name: value for name, value in GOOD.items() if name != "TB_SECRET_KEYS"}
    named = {"TB_SECRET_KEYS_FILE": str(file), "TB_TOKEN": "given", "TB_TOKEN_FILE": str(file)}

    settings = read(Settings, {**without_keys, **named, "TB_PORT_FILE": str(file)})

    assert (settings.secret_keys, settings.token, settings.port) == ("from a file", "given", 1)


def test_a_secret_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(SettingsError, match="TB_TOKEN_FILE cannot be read: No such file"):
        read(Settings, {**GOOD, "TB_TOKEN_FILE": "/nowhere"})


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(SettingsError, match="TB_ENV"):
        read(Settings, {**GOOD, "TB_ENV": "prod"})


def test_secrets_are_not_shown() -> None:
    shown = repr(read(Settings, {**GOOD, "TB_TOKEN": "hush"}))

    assert not any(secret in shown for secret in ("a-secret-key", "hidden", "hush"))


def test_the_default_admin_password_is_refused_in_production_only() -> None:
    # By name: kit imports no context, and the rule belongs to both.
    portal: Any = importlib.import_module("portal.config")
    client = {"TB_BITRIX_CLIENT_ID": "id", "TB_BITRIX_CLIENT_SECRET": "secret"}
    production = {**GOOD, **client, "TB_ENV": "production"}

    with pytest.raises(SettingsError, match="TB_ADMIN_PASSWORD"):
        read(portal.Settings, production)

    assert read(portal.Settings, {**GOOD, **client}).env == "dev"
    assert read(portal.Settings, {**production, "TB_ADMIN_PASSWORD": "of ours"}).env == "production"
