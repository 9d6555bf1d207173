"""The inputs that are known before anybody fuzzes."""

from pathlib import Path
from types import ModuleType

TARGETS = {
    "decode": ["bitrix"],
    "render": ["bitrix", "markdown_it"],
    "parts": ["bitrix.parts"],
    "intake": ["messaging.knowledge", "email", "zipfile"],
}
"""And the packages in which a fuzzer looks for new ways; the rest runs at its own speed."""
KEPT = Path(__file__).parent / "inputs"
"""What broke something, by target; it was mended."""
_EVENTS = Path(__file__).parents[1] / "fixtures" / "bitrix24" / "events"


def inputs(name: str, target: ModuleType) -> dict[str, bytes]:
    """Return the inputs of a target by their names: its seeds, what was recorded, what broke it."""
    seeds = {f"seed-{number}": seed for number, seed in enumerate(target.SEEDS)}
    recorded = sorted(_EVENTS.glob("*.[tj]*")) if name == "decode" else []
    files = [*recorded, *sorted((KEPT / name).glob("*"))]
    return seeds | {file.name: file.read_bytes() for file in files}
