"""What the environment says, and what is said of it when it makes no sense."""

from pathlib import Path

import pytest

from devstack.environment import shared
from devstack.errors import StackError
from devstack.settings import fixed_ports, read


def test_the_defaults_are_those_of_the_interfaces() -> None:
    settings = read({})

    assert settings.run_dir == Path.cwd() / ".run"
    assert (settings.port, settings.gateway_port, settings.sim_port) == (3000, 8000, 9400)
    assert (settings.postgres_port, settings.redis_port) == (5432, 6379)
    assert settings.grpc == {
        "portal": "127.0.0.1:50051",
        "messaging": "127.0.0.1:50052",
        "delivery": "127.0.0.1:50053",
        "billing": "127.0.0.1:50054",
    }
    assert settings.public_url == "http://127.0.0.1:3000"
    assert settings.bitrix == {
        "TB_BITRIX_CLIENT_ID": "app.local.teachbase",
        "TB_BITRIX_CLIENT_SECRET": "local-secret",
        "TB_BITRIX_OAUTH_URL": "http://127.0.0.1:9400",
        "TB_BITRIX_DEV_HOSTS": "127.0.0.1:9400",
        "TB_BITRIX_JS_URL": "http://127.0.0.1:9400/api/v1/",
    }
    assert (settings.admin_email, settings.admin_password) == ("admin@localhost", "changeme")


def test_what_the_caller_sets_wins() -> None:
    settings = read(
        {
            "TB_PORT": "4000",
            "TB_SIM_PORT": "4001",
            "TB_PORTAL_GRPC": "127.0.0.1:4002",
            "TB_BITRIX_CLIENT_ID": "mine",
        }
    )

    assert settings.public_url == "http://127.0.0.1:4000"
    assert settings.bitrix["TB_BITRIX_CLIENT_ID"] == "mine"
    assert settings.bitrix["TB_BITRIX_OAUTH_URL"] == "http://127.0.0.1:4001"
    assert ("TB_PORTAL_GRPC", "127.0.0.1", 4002) in fixed_ports(settings)


def test_no_two_ports_of_the_defaults_are_the_same() -> None:
    ports = [port for _, _, port in fixed_ports(read({}))]

    assert len(ports) == len(set(ports))


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"TB_PORT": "http"}, "TB_PORT is not a port number: http"),
        ({"TB_REDIS_PORT": "70000"}, "TB_REDIS_PORT is not a port number: 70000"),
        ({"TB_BILLING_GRPC": "50054"}, "TB_BILLING_GRPC is not host:port: 50054"),
        ({"TB_ENV": "staging"}, "TB_ENV is neither dev nor production: staging"),
        ({"TB_ENV": "production"}, "TB_ENV=production needs a TB_ADMIN_PASSWORD of its own"),
        (
            {"TB_ENV": "production", "TB_ADMIN_PASSWORD": "changeme"},
            "TB_ENV=production needs a TB_ADMIN_PASSWORD of its own",
        ),
    ],
)
def test_nonsense_is_named(environment: dict[str, str], complaint: str) -> None:
    with pytest.raises(StackError) as refusal:
        read(environment)

    assert str(refusal.value) == complaint


def test_processes_inherit_the_callers_environment_but_not_the_administrators_dsn() -> None:
    inherited = {"TB_LLM_MODEL": "large", "TB_POSTGRES_DSN": "postgresql://admin", "HOME": "/home/me"}

    env = shared(read(inherited), inherited, "redis://here/0", "key")

    assert env["TB_LLM_MODEL"] == "large"
    assert env["HOME"] == "/home/me"
    assert env["TB_BILLING_GRPC"] == "127.0.0.1:50054"
    assert env["TB_SECRET_KEYS"] == "key"
    assert "TB_POSTGRES_DSN" not in env
    assert "TB_DATABASE_DSN" not in env
