"""One real stack for all tests that need the whole product: what `make run` starts, in a place of its own."""

import os
from collections.abc import Iterator

import pytest

from tests.e2e import product as stack


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Product]:
    with stack.running(tmp_path_factory.mktemp("stack"), 20000 + os.getpid() % 100 * 100) as product:
        yield product
