"""Runs a block of commands as a document shows it, with stand-ins for what no test can have."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tests.ops.cluster import ROOT

STANDINS = ("docker", "kubectl", "grpcurl")


def run(
    text: str,
    folder: Path,
    replaced: Mapping[str, str] = MappingProxyType({}),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> "subprocess.CompletedProcess[str]":
    """Run a block in a folder until its first failure. What it leaves to the reader (`<...>`) is replaced."""
    for shown, meant in replaced.items():
        assert shown in text, f"the block does not show {shown}"
        text = text.replace(shown, meant)
    assert not re.search(r"<[a-z][^<>\n]*>", text), text
    path = f"{standins(folder.parent / f'{folder.name}-bin')}:{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TB_")}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={**inherited, "PATH": path, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def standins(folder: Path) -> Path:
    """A folder with a program of each name, which tests.ops.standins plays."""
    folder.mkdir(exist_ok=True)
    for name in STANDINS:
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.ops.standins {name} "$@"\n')
        program.chmod(0o755)
    return folder


def tree(folder: Path) -> Path:
    """A copy of what git knows, as a clone has it, uncommitted changes included; without what is installed."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    folder.mkdir()
    subprocess.run(
        ["tar", "--ignore-failed-read", "-cf", folder / "tree.tar", "-C", ROOT, "-T", "-"],
        input=names,
        text=True,
        check=True,
        capture_output=True,
    )
    subprocess.run(["tar", "-xf", "tree.tar"], cwd=folder, check=True)
    (folder / "tree.tar").unlink()
    return folder
