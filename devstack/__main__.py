"""`python -m devstack up` runs the stack in the foreground; `reset`, `backup` and `restore` see to its state."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

# grpcio, imported for the health probes, would watch and comment on every fork.
os.environ.update(GRPC_ENABLE_FORK_SUPPORT="0", GRPC_VERBOSITY="ERROR")

from devstack import settings
from devstack.backup import backup
from devstack.errors import StackError
from devstack.reset import reset
from devstack.restore import restore
from devstack.spawn import die_with
from devstack.up import up


def main() -> int:
    """Run one command. Returns the exit code: 0 after a clean stop, 1 when the stack cannot start."""
    parser = argparse.ArgumentParser(prog="python -m devstack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("reset", help="stop the stack and delete its run directory")
    starting = commands.add_parser("up", help="start everything; Ctrl-C or SIGTERM stops it")
    starting.add_argument("--with-parent", action="store_true", help="stop when the parent process dies")
    saving = commands.add_parser("backup", help="write everything that cannot be made again into a new folder")
    saving.add_argument("folder", type=Path)
    bringing = commands.add_parser("restore", help="bring a backup into an empty stack that does not run")
    bringing.add_argument("folder", type=Path)
    bringing.add_argument("--force", action="store_true", help="replace what is there")
    arguments = parser.parse_args()
    try:
        chosen = settings.read(os.environ)
        if arguments.command == "reset":
            asyncio.run(reset(chosen.run_dir))
        elif arguments.command == "backup":
            asyncio.run(backup(chosen, arguments.folder.absolute(), os.environ))
        elif arguments.command == "restore":
            asyncio.run(restore(chosen, arguments.folder.absolute(), os.environ, force=arguments.force))
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
