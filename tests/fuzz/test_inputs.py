"""What fuzzing began with and what it found, read again: whole, and cut off at every so many bytes."""

import importlib
from types import ModuleType

import pytest

from tests.fuzz.known import TARGETS, inputs

CUTS = 12


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", TARGETS)
def test_what_must_hold_holds_of_every_known_input(name: str) -> None:
    target = importlib.import_module(f"tests.fuzz.{name}")

    known = inputs(name, target)
    for data in known.values():
        _hold(target, data)

    assert len(known) > 3


def _hold(target: ModuleType, data: bytes) -> None:
    target.hold(data)
    for cut in range(CUTS):
        target.hold(data[: len(data) * cut // CUTS])
