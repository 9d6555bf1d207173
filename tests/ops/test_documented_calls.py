"""What the documents show to be asked of a running product is asked of one."""

import asyncio
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from devstack import certificates, postgres
from kit.config import TransportSettings
from kit.server import Server
from tests.e2e.product import Product
from tests.house import commands
from tests.ops import shell
from tests.ops.cluster import BIN

CONTEXTS = ("PORTAL", "MESSAGING", "DELIVERY", "BILLING")


def addresses(product: Product) -> dict[str, str]:
    """The addresses that documents show, and those of this run."""
    return {
        f"127.0.0.1:{50051 + number}": product.environment[f"TB_{context}_GRPC"]
        for number, context in enumerate(CONTEXTS)
    }


def here(folder: Path) -> Path:
    """An empty folder with the programs where a clone has them."""
    (folder / "clone" / ".venv").mkdir(parents=True)
    (folder / "clone" / ".venv" / "bin").symlink_to(BIN)
    return folder / "clone"


def test_a_question_asked_by_hand_is_answered_and_its_way_is_told(running: Product, tmp_path: Path) -> None:
    text = commands.block("README.md", "json() {")
    ours = {"http://127.0.0.1:9400": running.sim_url, "http://127.0.0.1:3000": running.url}

    done = shell.run(text, here(tmp_path), ours)

    assert done.returncode == 0, done.stderr
    assert "two weeks before it begins" in done.stdout
    said, _, trace = done.stdout.partition("\n{\n")
    assert said.splitlines()[0] in {"uploaded", "extracting", "indexing", "ready"}
    steps = [step["step"] for step in json.loads("{" + trace)["steps"]]
    assert {"received", "stored", "answered", "sent"} <= set(steps)


def test_services_are_looked_into_as_the_readme_shows(running: Product, tmp_path: Path) -> None:
    text = commands.block("README.md", ".venv/bin/buf curl")
    portal = {"127.0.0.1:50051": running.environment["TB_PORTAL_GRPC"]}

    done = shell.run(text, here(tmp_path), portal)

    assert done.returncode == 0, done.stderr
    assert "teachbase.portal.v1.PortalService" in done.stdout


def test_the_runbooks_calls_are_answered(running: Product, tmp_path: Path) -> None:
    text = commands.block("docs/runbook.md", "call=")
    ports = {shown: meant for shown, meant in addresses(running).items() if f"http://{shown}/" in text}
    first = [address.rpartition(":")[2] for address in addresses(running).values()]
    loop = {"50051 50052 50053 50054": " ".join(first)}

    done = shell.run(text, here(tmp_path), loop | ports)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("SERVING") == 9
    assert done.stdout.count("teachbase.portal.v1.OperationsService") >= 3
    assert len(ports) == 4


async def test_the_runbooks_call_with_a_certificate_is_answered(tmp_path: Path) -> None:
    text = commands.block("docs/runbook.md", "grpcurl -cacert")
    folder = here(tmp_path)
    certificates.Authority.new().issue(folder, "portal")
    server = Server(
        "127.0.0.1:0",
        TransportSettings(
            tls_cert_file=str(folder / "tls.crt"),
            tls_key_file=str(folder / "tls.key"),
            tls_ca_file=str(folder / "ca.crt"),
        ),
    )
    await server.start()

    done = await asyncio.to_thread(shell.run, text, folder, {"127.0.0.1:50051": f"127.0.0.1:{server.port}"})
    await server.stop(0)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"status": "SERVING"}


def test_the_backup_of_one_host_has_its_database_its_documents_and_its_spool(
    running: Product, tmp_path: Path
) -> None:
    text = commands.block("docs/backup.md", "docker compose exec")
    clone = shell.tree(tmp_path / "clone")
    for volume in ("documents", "spool"):
        (tmp_path / f"teachbase_{volume}").mkdir()
        (tmp_path / f"teachbase_{volume}" / volume).write_text("kept")
    data, port = running.run_dir / "postgres", int(running.environment["TB_POSTGRES_PORT"])
    database = urlsplit(postgres.admin_dsn(data, port))
    where = {
        "POSTGRES_BIN": str(postgres.program("pg_dump", data).parent),
        "PGHOST": str(database.hostname),
        "PGPORT": str(database.port),
        "PGPASSWORD": unquote(str(database.password)),
        "VOLUMES": str(tmp_path),
        "TB_PUBLIC_URL": "https://bot.example",
        "TB_BITRIX_CLIENT_ID": "app",
        "TB_ADMIN_EMAIL": "a@b.example",
    }

    done = shell.run(text, clone, environment=where)

    assert done.returncode == 0, done.stderr
    assert (clone / "database.dump").read_bytes().startswith(b"PGDMP")
    for archive in ("documents", "spool"):
        listed = shell.run(f"tar tf {archive}.tar", clone)
        assert f"./{archive}" in listed.stdout
