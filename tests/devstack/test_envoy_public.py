"""The proxy's public listener as strangers meet it: https where there is a certificate, and answers of its own."""

import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from devstack import certificates, envoy, envoy_config
from devstack.ports import next_free
from devstack.settings import read

START = Path(__file__).parents[2] / "envoy" / "start"
SHIELD = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}


class Gateway(BaseHTTPRequestHandler):
    """Tells what it was asked."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response_only(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def proxy(folder: Path, gateway: int, tls_dir: Path) -> Iterator[tuple[int, int]]:
    """Envoy as its image starts it; yields the ports of the public listener and of the admin's."""
    program = envoy.binary()
    if program is None:
        pytest.skip("no build of Envoy for this machine")
    public, admin = next_free(0), next_free(0)
    values = {
        "TB_BIND_ADDRESS": "127.0.0.1",
        "TB_PORT": str(admin),
        "TB_PUBLIC_PORT": str(public),
        "TB_GATEWAY_HOST": "127.0.0.1",
        "TB_GATEWAY_PORT": str(gateway),
        "TB_ACCESS_LOG": str(folder / "access.log"),
        "TB_PUBLIC_TLS_DIR": str(tls_dir),
    }
    envoy_config.write(folder, values)
    environment = {**values, "TB_ENVOY_DIR": str(folder), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    line: list[str | Path] = ["sh", START, "--log-level", "error", "--disable-hot-restart", "--concurrency", "1"]
    process = subprocess.Popen(line, env=environment)
    try:
        for port in (public, admin):
            _wait_listening(port)
        yield public, admin
    finally:
        process.terminate()
        process.wait(10)


def _wait_listening(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "Envoy does not listen"
            time.sleep(0.05)
        else:
            return


def authority(folder: Path) -> Path:
    """Certificates of an authority of its own; returns the folder with those of `localhost`."""
    certificates.make(folder, ("localhost",))
    return folder / "localhost"


def trusting(folder: Path) -> httpx.Client:
    """A client that believes the authority of a folder and no other."""
    return httpx.Client(verify=ssl.create_default_context(cafile=folder / "ca.crt"), trust_env=False)


@pytest.mark.parametrize("file", [envoy_config.PLAIN, envoy_config.TLS])
def test_the_public_listener_is_valid_with_a_certificate_and_without(tmp_path: Path, file: str) -> None:
    program = envoy.binary()
    if program is None:
        pytest.skip("no build of Envoy for this machine")
    values = {"TB_PORT": "3000", "TB_PUBLIC_PORT": "8080", "TB_GATEWAY_PORT": "8000"}
    values |= {"TB_BIND_ADDRESS": "127.0.0.1", "TB_GATEWAY_HOST": "127.0.0.1", "TB_ACCESS_LOG": "/dev/stdout"}
    envoy_config.write(tmp_path, {**values, "TB_PUBLIC_TLS_DIR": str(authority(tmp_path / "tls"))})

    line: list[str | Path] = [
        program,
        "--mode",
        "validate",
        "--config-path",
        tmp_path / file,
        "--log-level",
        "warning",
    ]
    done = subprocess.run(line, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_with_a_certificate_it_speaks_https_and_takes_up_the_next_one(tmp_path: Path, gateway: int) -> None:
    first, second = authority(tmp_path / "first"), authority(tmp_path / "second")
    with proxy(tmp_path, gateway, first) as (public, admin), trusting(first) as client:
        told = client.get(f"https://localhost:{public}/v1/portal/status").json()
        inside = client.get(f"http://127.0.0.1:{admin}/v1/portal/status").json()
        with pytest.raises(httpx.TransportError):
            client.get(f"http://localhost:{public}/v1/portal/status")
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            _handshake(public, first, ssl.TLSVersion.TLSv1_1)
        protocol = _handshake(public, first, ssl.TLSVersion.TLSv1_2)
        with pytest.raises(ssl.SSLCertVerificationError):
            _handshake(public, second, ssl.TLSVersion.TLSv1_3)
        for name in (envoy_config.CERT, envoy_config.KEY):
            (second / name).rename(first / name)
        _wait_renewed(public, second)

    assert (told["x-forwarded-proto"], inside["x-forwarded-proto"]) == ("https", "http")
    assert protocol == "h2"


def _handshake(port: int, trusted: Path, version: ssl.TLSVersion) -> str | None:
    """Shake hands in one version of TLS; returns what is spoken over it."""
    context = ssl.create_default_context(cafile=trusted / "ca.crt")
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.set_ciphers("ALL:@SECLEVEL=0")  # it is the server that is to refuse what is too old
    context.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port), 5) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as wrapped,
    ):
        return wrapped.selected_alpn_protocol()


def _wait_renewed(port: int, trusted: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            _handshake(port, trusted, ssl.TLSVersion.TLSv1_3)
        except ssl.SSLError:
            assert time.monotonic() < deadline, "the old certificate is still shown"
            time.sleep(0.1)
        else:
            return


def test_without_a_certificate_it_speaks_http_and_its_own_answers_are_shielded(
    tmp_path: Path, gateway: int
) -> None:
    with proxy(tmp_path, gateway, tmp_path / "none") as (public, _), httpx.Client(trust_env=False) as client:
        url = f"http://127.0.0.1:{public}"
        passed = client.get(f"{url}/v1/portal/status")
        not_ours = client.get(f"{url}/v1/admin/portals")
        escaped = [client.get(f"{url}/v1/portal/{dots}admin/portals") for dots in ("..%2f", "%2e%2e%2F", "..%5c")]

    assert passed.status_code == 200
    assert not_ours.status_code == 404
    assert [one.status_code for one in escaped] == [400, 400, 400]
    for answer in (passed, not_ours):
        assert SHIELD.items() <= dict(answer.headers).items()
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    for answer in (passed, not_ours, *escaped):
        assert not [name for name in answer.headers if name == "server" or name.startswith("x-envoy")]


def test_when_the_gateway_is_away_the_answer_is_shielded_too(tmp_path: Path) -> None:
    with proxy(tmp_path, next_free(0), tmp_path / "none") as (public, _), httpx.Client(trust_env=False) as client:
        answer = client.get(f"http://127.0.0.1:{public}/v1/portal/status", timeout=60)

    assert (answer.status_code, answer.json()["error"]) == (503, "upstream_unavailable")
    assert SHIELD.items() <= dict(answer.headers).items()
    assert "server" not in answer.headers


def test_a_request_that_does_not_arrive_is_given_up(tmp_path: Path, gateway: int) -> None:
    with (
        proxy(tmp_path, gateway, tmp_path / "none") as (public, _),
        socket.create_connection(("127.0.0.1", public), 20) as slow,
    ):
        slow.sendall(b"GET /v1/portal/status HTTP/1.1\r\nhost: x\r\nx-slow: ")
        began = time.monotonic()
        answered = slow.recv(4096)
        while slow.recv(4096):
            pass

    assert answered.startswith(b"HTTP/1.1 408 ")
    assert 5 < time.monotonic() - began < 15


def test_a_run_speaks_https_with_the_certificate_that_it_is_told_of(tmp_path: Path) -> None:
    tls_dir = tmp_path / "tls" / "localhost"
    settings = read({"TB_RUN_DIR": str(tmp_path), "TB_PUBLIC_TLS_DIR": str(tls_dir)})

    before = envoy.write_config(settings)
    authority(tmp_path / "tls")
    after = envoy.write_config(settings)

    assert (before.name, after.name) == (envoy_config.PLAIN, envoy_config.TLS)
    assert after in envoy.command(Path("envoy"), settings)
    assert str(tls_dir) in (tmp_path / envoy_config.CERTIFICATE).read_text()
