"""Where documents' files lie: a folder, or a bucket that speaks S3 (TB_STORAGE_URL)."""

from pathlib import Path
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from messaging.errors import StorageUnavailable


class Storage:
    """Files by portal and document. No name of a user's is part of a key. Raises StorageUnavailable."""

    def __init__(self, url: str) -> None:
        """Open `file:///folder` (made where it is missing) or `s3://bucket/prefix` (credentials from AWS_*)."""
        self._store = from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)

    async def put(self, portal_id: UUID, document_id: UUID, path: Path) -> None:
        """Store a local file, part by part."""
        try:
            await obstore.put_async(self._store, _key(portal_id, document_id), path)
        except (BaseError, OSError) as error:
            raise StorageUnavailable(problem=error) from error

    async def fetch(self, portal_id: UUID, document_id: UUID, path: Path) -> None:
        """Write a stored file to a local path, part by part. Raises FileNotFoundError where there is none."""
        try:
            found = await obstore.get_async(self._store, _key(portal_id, document_id))
            with path.open("wb") as file:
                async for part in found.stream(min_chunk_size=1024 * 1024):
                    file.write(part)
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise StorageUnavailable(problem=error) from error

    async def delete(self, portal_id: UUID, document_id: UUID) -> None:
        """Take a file away; one that is not there is no error."""
        try:
            await obstore.delete_async(self._store, _key(portal_id, document_id))
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise StorageUnavailable(problem=error) from error


def _key(portal_id: UUID, document_id: UUID) -> str:
    return f"{portal_id}/{document_id}"
