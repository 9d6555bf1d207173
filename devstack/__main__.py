"""`python -m devstack up` runs the stack in the foreground; `reset` stops it and deletes its state."""

import argparse
import asyncio
import os
import signal
import sys

# grpcio, imported for the health probes, would watch and comment on every fork.
os.environ.update(GRPC_ENABLE_FORK_SUPPORT="0", GRPC_VERBOSITY="ERROR")

from devstack import settings
from devstack.errors import StackError
from devstack.reset import reset
from devstack.spawn import die_with
from devstack.up import up


def main() -> int:
    """Run one command. Returns the exit code: 0 after a clean stop, 1 when the stack cannot start."""
    parser = argparse.ArgumentParser(prog="python -m devstack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("reset", help="stop the stack and delete its run directory")
    starting = commands.add_parser("up", help="start everything; Ctrl-C or SIGTERM stops it")
    starting.add_argument("--with-parent", action="store_true", help="stop when the parent process dies")
    arguments = parser.parse_args()
    try:
        chosen = settings.read(os.environ)
        if arguments.command == "reset":
            asyncio.run(reset(chosen.run_dir))
        else:
            if arguments.with_parent:
                die_with(os.getppid(), signal.SIGTERM)
            asyncio.run(up(chosen))
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
