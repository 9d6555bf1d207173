"""The environment of the house's own processes."""

from collections.abc import Mapping

from devstack.settings import Settings

# The administrator's DSN would open every schema to every process; a role's DSN belongs to one service.
# And without bytecode on disk every one of a dozen processes compiles every library anew: 4 s each.
WITHHELD = frozenset({"TB_POSTGRES_DSN", "TB_DATABASE_DSN", "PYTHONDONTWRITEBYTECODE", "GRPC_ENABLE_FORK_SUPPORT"})


def storage_url(settings: Settings, inherited: Mapping[str, str]) -> str:
    """Where documents' files lie."""
    return inherited.get("TB_STORAGE_URL") or (settings.run_dir / "storage").as_uri()


def shared(settings: Settings, inherited: Mapping[str, str], redis_url: str, secret_keys: str) -> dict[str, str]:
    """What every process gets on top of what the caller has; only a service adds its TB_DATABASE_DSN."""
    own = {
        "TB_ENV": settings.env,
        "TB_RUN_DIR": str(settings.run_dir),
        "TB_REDIS_URL": redis_url,
        "TB_SECRET_KEYS": secret_keys,
        "TB_PUBLIC_URL": settings.public_url,
        "TB_GATEWAY_PORT": str(settings.gateway_port),
        "TB_STORAGE_URL": storage_url(settings, inherited),
        "TB_ADMIN_EMAIL": settings.admin_email,
        "TB_ADMIN_PASSWORD": settings.admin_password,
        "GRPC_VERBOSITY": "ERROR",  # grpcio prints its goodbyes otherwise
        "PYTHONUNBUFFERED": "1",
    }
    addresses = {f"TB_{context.upper()}_GRPC": address for context, address in settings.grpc.items()}
    passed_on = {name: value for name, value in inherited.items() if name not in WITHHELD}
    return {**passed_on, **own, **addresses, **settings.bitrix}
