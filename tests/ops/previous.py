"""The release before, from the history: `previous-release` names its commit."""

import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from tests.ops.cluster import ROOT

COMMIT = (Path(__file__).parent / "previous-release").read_text().strip()
_MEMBERS = (
    *(".", "proto/gen", "libs/kit", "libs/bitrix", "gateway", "bitrix-sim"),
    *("portal-service", "messaging-service", "delivery-service", "billing-service"),
)


def sources(folder: Path) -> Path:
    """Lay its sources into `folder`. Fails where the checkout has not got them: then nothing can be said of it."""
    packed = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False)
    assert packed.returncode == 0, (
        f"this checkout has no commit {COMMIT} (tests/ops/previous-release): fetch more of the history. "
        + packed.stderr.decode()
    )
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def python_path(tree: Path) -> str:
    """What makes Python import the sources in `tree`, and not those that are installed."""
    return os.pathsep.join(str(tree / member) for member in _MEMBERS)
