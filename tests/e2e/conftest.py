"""One real stack for all end-to-end tests: what `make run` starts, on ports and in a directory of its own."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e import product as stack
from tests.e2e.product import Product


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with stack.running(tmp_path_factory.mktemp("e2e"), 20000 + os.getpid() % 100 * 100) as product:
        yield product


@pytest.fixture
async def product(running: Product) -> AsyncIterator[Product]:
    """The stack. Whatever a test does, no call may exceed a portal's limits or offend the official schemas."""
    async with running.connected():
        yield running
        stats = await running.sim("GET", "/stats")
        assert (stats["violations"], stats["mistakes"]) == (0, 0)
