"""Files in a bucket (of moto, a server that speaks S3 and is not ours) and in a folder: alike to who uses them."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from messaging.errors import StorageUnavailable
from messaging.storage import Storage

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
BIG = bytes(range(256)) * 4096 * 12
"""12 MB: it goes up in several parts."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    ).create_bucket(Bucket="documents")
    yield url
    server.stop()


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """As an operator does."""
    for name, value in {**KEYS, "AWS_ENDPOINT": url, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["file", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if request.param == "file":
        return Storage((tmp_path / "stored").as_uri())
    for name, value in {
        **KEYS,
        "AWS_ENDPOINT": request.getfixturevalue("bucket"),
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return Storage("s3://documents/kb")


@pytest.mark.parametrize("content", [b"", "Отпуск".encode(), BIG], ids=["empty", "small", "in parts"])
async def test_what_is_stored_comes_back_until_it_is_deleted(
    storage: Storage, tmp_path: Path, content: bytes
) -> None:
    portal_id, document_id = uuid4(), uuid4()
    sent, got = tmp_path / "sent", tmp_path / "got"
    sent.write_bytes(content)

    await storage.put(portal_id, document_id, sent)
    await storage.fetch(portal_id, document_id, got)
    await storage.delete(portal_id, document_id)

    assert got.read_bytes() == content
    with pytest.raises(FileNotFoundError):
        await storage.fetch(portal_id, document_id, got)
    await storage.delete(portal_id, document_id)


async def test_a_file_of_another_portal_is_not_there(storage: Storage, tmp_path: Path) -> None:
    document_id, sent = uuid4(), tmp_path / "sent"
    sent.write_bytes(b"x")
    await storage.put(uuid4(), document_id, sent)

    with pytest.raises(FileNotFoundError):
        await storage.fetch(uuid4(), document_id, tmp_path / "got")


async def test_a_bucket_that_is_not_there_is_told_as_unavailable(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, bucket)
    sent = tmp_path / "sent"
    sent.write_bytes(b"x")

    with pytest.raises(StorageUnavailable):
        await Storage("s3://elsewhere/kb").put(uuid4(), uuid4(), sent)
