"""`python -m messaging serve / work / knowledge / migrate`."""

from pathlib import Path

from kit import process

MIGRATIONS = Path(__file__).parents[1] / "migrations"

if __name__ == "__main__":
    process.main("messaging", MIGRATIONS, {"knowledge": "knowledge_worker"})
