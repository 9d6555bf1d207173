"""Stacks for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devstack.stack import Stack


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("up"))
    stack.up()
    yield stack
    stack.kill()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path)
    yield stack
    stack.kill()
