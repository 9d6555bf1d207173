"""Postgres refuses to run as root, and initdb as a uid that has no name: find an account they accept."""

import functools
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from devstack.errors import StackError
from devstack.spawn import CALLER, Account, enter_user_namespace

NOBODY = 65534


@functools.cache
def account() -> Account:
    """The account for Postgres: the caller, else the caller under another name, else (for root) nobody.

    The second needs user namespaces, which some containers refuse.
    """
    names = {entry.pw_uid for entry in pwd.getpwall()}
    if os.getuid() in names - {0}:
        return CALLER
    seen_as = min(names - {0}, default=NOBODY)
    try:
        enter = functools.partial(enter_user_namespace, seen_as)
        subprocess.run(["/bin/true"], preexec_fn=enter, check=True)
    except (subprocess.SubprocessError, OSError):
        return Account(uid=NOBODY) if os.getuid() == 0 else CALLER
    return Account(seen_as=seen_as)


def reachable_install(install: Path, data_dir: Path) -> Path:
    """The folder of the Postgres package that `account()` can execute: `install`, or a copy beside the data.

    For nobody this also hands over the data directory. Raises StackError when nobody cannot enter it.
    """
    if account().uid is None:
        return install
    closed = _closed_parent(data_dir.parent)
    if closed is not None:
        raise StackError(
            f"Postgres refuses to run as root and this kernel refuses user namespaces: run as another user, "
            f"or make {closed} passable for others (chmod o+x), or set TB_POSTGRES_DSN"
        )
    data_dir.mkdir(mode=0o700, exist_ok=True)
    if data_dir.stat().st_uid != NOBODY:
        _give_away(data_dir)
    if _closed_parent(install) is None:
        return install
    return _copy(install, data_dir.parent / "postgres-install")


def _closed_parent(folder: Path) -> Path | None:
    chain = (folder.resolve(), *folder.resolve().parents)
    return next((part for part in chain if not part.stat().st_mode & stat.S_IXOTH), None)


def _give_away(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _copy(install: Path, target: Path) -> Path:
    if not target.is_dir():
        fresh = target.with_name(f"{target.name}.new")
        for source in (install, install.with_name(f"{install.name}.libs")):  # found by a relative RPATH
            if source.is_dir():
                shutil.copytree(source, fresh / source.name, symlinks=True, dirs_exist_ok=True)
        fresh.rename(target)
    return target / install.name
