"""Mutual TLS between contexts: who this process is, read again when its certificate is renewed."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import structlog

from kit.config import SettingsError, TransportSettings

log = structlog.get_logger("tls")

_UNTIL_IDLE_S = 30 * 86_400.0


class Identity(NamedTuple):
    """A certificate with its chain, its key, and the authority that the others are judged by; all PEM."""

    chain: bytes
    key: bytes
    authority: bytes

    def of_server(self) -> grpc.ServerCertificateConfiguration:
        """What a server shows."""
        return grpc.ssl_server_certificate_configuration([(self.key, self.chain)], self.authority)

    def of_client(self) -> grpc.ChannelCredentials:
        """What a client shows."""
        return grpc.ssl_channel_credentials(self.authority, self.key, self.chain)


class Certificates:
    """The identity in the files that the settings name.

    cert-manager puts a renewed one into the same files: who asks gets it within seconds, without a restart.
    """

    def __init__(self, settings: TransportSettings) -> None:
        """Read them. Raises SettingsError when they cannot be used."""
        self._files = [Path(settings.tls_cert_file), Path(settings.tls_key_file), Path(settings.tls_ca_file)]
        self._look_every_s = settings.tls_look_every_s
        self._lock = threading.Lock()  # grpc asks from threads of its own
        try:
            self._seen = self._stamp()
            self._identity = self._read()
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"TB_TLS_*_FILE cannot be used: {error}") from None
        self._look_at = time.monotonic() + self._look_every_s

    def current(self) -> Identity:
        """Return the newest identity that is whole; the one before while a renewal is being written."""
        with self._lock:
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + self._look_every_s
                self._look()
            return self._identity

    def server_credentials(self) -> grpc.ServerCredentials:
        """Serve those whom the authority knows and nobody else; each connection gets the newest identity."""
        served = self.current()

        def renewed() -> grpc.ServerCertificateConfiguration | None:
            nonlocal served
            newest = self.current()
            if newest == served:
                return None
            served = newest
            return newest.of_server()

        return grpc.dynamic_ssl_server_credentials(
            served.of_server(),
            renewed,  # type: ignore[arg-type] # None says that nothing changed, which its stub does not know
            require_client_authentication=True,
        )

    def _look(self) -> None:
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return
            self._identity = self._read()
        except (OSError, ssl.SSLError) as error:
            log.warning("renewed certificate cannot be used yet", error=str(error))
        else:
            self._seen = stamp
            log.info("certificate renewed", file=str(self._files[0]))

    def _stamp(self) -> list[tuple[int, int]]:
        return [(found.st_ino, found.st_mtime_ns) for found in (file.stat() for file in self._files)]

    def _read(self) -> Identity:
        identity = Identity(*(file.read_bytes() for file in self._files))
        # The files are replaced one after another: a key of another certificate is a renewal under way.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._files[0], self._files[1])
        context.load_verify_locations(cadata=identity.authority.decode("ascii", "replace"))
        return identity


class RenewedChannel(grpc.aio.Channel):
    """A channel whose calls show the newest certificate: after a renewal they go over a connection of its own.

    grpc's credentials of a client are fixed when its channel is made, so a new channel takes the place of the old
    one, which lives until its last call has ended.
    """

    def __init__(
        self, certificates: Certificates, connect: Callable[[grpc.ChannelCredentials], grpc.aio.Channel]
    ) -> None:
        self._certificates = certificates
        self._connect = connect
        self._identity = certificates.current()
        self._channel = connect(self._identity.of_client())
        self._former: set[asyncio.Task[None]] = set()

    def _current(self) -> grpc.aio.Channel:
        identity = self._certificates.current()
        if identity != self._identity:
            # It ends with its last call: a feed may be followed over it for long yet.
            closing = asyncio.get_running_loop().create_task(self._channel.close(_UNTIL_IDLE_S))
            self._former.add(closing)
            closing.add_done_callback(self._former.discard)
            self._identity, self._channel = identity, self._connect(identity.of_client())
        return self._channel

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Return the method over whatever channel is the newest when it is called."""
        return _Method(self._current, "unary_unary", args, kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """As above."""
        return _Method(self._current, "unary_stream", args, kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """As above."""
        return _Method(self._current, "stream_unary", args, kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """As above."""
        return _Method(self._current, "stream_stream", args, kwargs)

    async def close(self, grace: float | None = None) -> None:
        """Close the newest; those before end with whoever still reads from them."""
        for closing in self._former:
            closing.cancel()
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Return that of the newest."""
        return self._current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait for the newest."""
        await self._current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait for the newest."""
        await self._current().channel_ready()

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()


class _Method:
    """A method of a stub, made anew for each channel."""

    def __init__(self, current: Callable[[], grpc.aio.Channel], kind: str, args: Any, kwargs: Any) -> None:
        self._current = current
        self._made = (kind, args, kwargs)
        self.path = str(args[0] if args else kwargs.get("method", ""))
        self._channel: grpc.aio.Channel | None = None
        self._method: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        channel = self._current()
        if channel is not self._channel:
            kind, made_with, named = self._made
            self._channel, self._method = channel, getattr(channel, kind)(*made_with, **named)
        return self._method(*args, **kwargs)
