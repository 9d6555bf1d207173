"""The encryption keys of a development stack, made once and kept beside its data."""

import base64
import json
import os
from pathlib import Path


def load_or_make(run_dir: Path) -> str:
    """The comma-separated keys (Fernet format, newest first) of `run_dir`, made on the first call.

    The file is `secrets.json` with mode 0600. Losing it makes the stored tokens unreadable.
    """
    path = run_dir / "secrets.json"
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({"TB_SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode()}))
        fresh.replace(path)  # a crash leaves the whole file or none
    return str(json.loads(path.read_text())["TB_SECRET_KEYS"])
