"""Copies of a backup's documents."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COPY = "from devstack.archive import copy_documents; import sys; copy_documents(*sys.argv[1:])"


def test_a_process_that_copied_documents_ends_well(tmp_path: Path) -> None:
    (tmp_path / "here" / "portal").mkdir(parents=True)
    (tmp_path / "here" / "portal" / "document").write_text("Суточные: 700 рублей")

    def copied(number: int) -> "subprocess.CompletedProcess[str]":
        folders = ((tmp_path / "here").as_uri(), (tmp_path / f"there{number}").as_uri())
        return subprocess.run([sys.executable, "-c", COPY, *folders], capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(4) as copies:
        ended = list(copies.map(copied, range(40)))

    assert {(one.returncode, one.stderr) for one in ended} == {(0, "")}
    assert {file.read_text() for file in tmp_path.glob("there*/portal/document")} == {"Суточные: 700 рублей"}
    assert len(list(tmp_path.glob("there*/portal/document"))) == 40
