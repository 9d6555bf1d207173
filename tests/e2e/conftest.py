"""The stack as end-to-end tests use it."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.product import Product


@pytest.fixture
async def product(running: Product) -> AsyncIterator[Product]:
    """The stack. Whatever a test does, no call may exceed a portal's limits or offend the official schemas."""
    async with running.connected():
        yield running
        stats = await running.sim("GET", "/stats")
        assert (stats["violations"], stats["mistakes"]) == (0, 0)
