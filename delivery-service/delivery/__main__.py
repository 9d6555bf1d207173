"""`python -m delivery serve / work / migrate`."""

from pathlib import Path

from kit import process

MIGRATIONS = Path(__file__).parents[1] / "migrations"

if __name__ == "__main__":
    process.main("delivery", MIGRATIONS)
