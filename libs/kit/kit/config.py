"""Settings: frozen dataclasses, read once from the environment (docs/interfaces.md).

Hand-read rather than by a library: pydantic-settings costs 15 MB in each of nine processes.
"""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

PREFIX = "TB_"
T = TypeVar("T")
_READERS: dict[Any, Any] = {str: str, int: int, float: float, Path: Path}


class SettingsError(Exception):
    """The environment lacks a variable or holds a value that cannot be used; the text names it."""


@dataclass(frozen=True, kw_only=True)
class TransportSettings:
    """How a process speaks gRPC: mutual TLS with all three files, plain on loopback without any."""

    tls_cert_file: str = ""
    """Its certificate, of which a DNS name says which context it is, and the chain."""
    tls_key_file: str = ""
    tls_ca_file: str = ""
    """Who vouches for the others."""
    tls_look_every_s: float = 5.0
    """How often the files are looked at for a renewed certificate."""
    plain_grpc: str = "loopback"
    """Where it may serve without certificates; `anywhere`: a service mesh sees to who calls."""

    def __post_init__(self) -> None:
        """Refuse half an identity."""
        files = (self.tls_cert_file, self.tls_key_file, self.tls_ca_file)
        if any(files) and not all(files):
            raise SettingsError("TB_TLS_CERT_FILE, TB_TLS_KEY_FILE and TB_TLS_CA_FILE go together")
        if self.plain_grpc not in {"loopback", "anywhere"}:
            raise SettingsError("TB_PLAIN_GRPC is `loopback` or `anywhere`")

    @property
    def has_tls(self) -> bool:
        """Whether there are certificates."""
        return bool(self.tls_cert_file)


PLAIN = TransportSettings()
"""Without certificates, on loopback."""


@dataclass(frozen=True, kw_only=True)
class ProcessSettings(TransportSettings):
    """What any process of the house needs to say how it is and to be trusted."""

    env: str = "dev"
    """`dev` or `production`."""
    metrics_port: int = 0
    """Where /metrics listens; 0 = nowhere."""
    otlp_endpoint: str = ""
    """Where spans go: the gRPC address of a collector, like http://collector:4317; empty = nowhere."""
    secret_keys: str = field(repr=False)
    """Comma-separated Fernet keys, newest first."""

    def __post_init__(self) -> None:
        """Refuse what is not one of a few words."""
        super().__post_init__()
        if self.env not in {"dev", "production"}:
            raise SettingsError("TB_ENV is `dev` or `production`")


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(ProcessSettings):
    """What a service with a schema and a queue of its own needs besides."""

    database_dsn: str = field(repr=False)
    """`postgresql://role:password@host:port/database` of the service's own role."""
    redis_url: str = field(repr=False)
    """It carries the password, where there is one."""
    database_pool: int = 10
    """Connections that one process may hold."""


def read(settings: type[T], environ: Mapping[str, str] = os.environ) -> T:
    """Return settings with field `x` from `TB_X`; an empty variable counts as unset.

    A field that is not shown (`repr=False`) is a secret, and may come from the file that `TB_X_FILE` names.
    Raises SettingsError naming every variable that is missing or wrong.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    hints = get_type_hints(settings)
    for one in dataclasses.fields(settings):  # type: ignore[arg-type] # T is always a dataclass
        name = PREFIX + one.name.upper()
        try:
            text = environ.get(name) or ("" if one.repr else _from_file(environ.get(f"{name}_FILE")))
        except OSError as error:
            problems.append(f"{name}_FILE cannot be read: {error.strerror}")
            continue
        if not text:
            if one.default is dataclasses.MISSING:
                problems.append(f"{name} is not set")
            continue
        try:
            values[one.name] = _READERS[hints[one.name]](text)
        except ValueError:
            problems.append(f"{name} is not a {hints[one.name].__name__}")
    if problems:
        raise SettingsError("; ".join(problems))
    return settings(**values)


def _from_file(path: str | None) -> str:
    # An editor ends a file with a line break that is no part of the secret.
    return Path(path).read_text().strip() if path else ""
