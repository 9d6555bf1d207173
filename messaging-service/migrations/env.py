"""Alembic's entry; all of it is in kit."""

from kit.migrate import run_env

run_env()
