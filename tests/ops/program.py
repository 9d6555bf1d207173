"""What a container of ours reads from its environment, and whether it is all there."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import billing.config
import delivery.config
import edge.config
import messaging.config
import portal.config
from devstack import bootstrap
from kit.config import read

SETTINGS: Mapping[str, type[Any]] = {
    "bootstrap": bootstrap.Settings,
    "gateway": edge.config.Settings,
    "portal": portal.config.Settings,
    "messaging": messaging.config.Settings,
    "delivery": delivery.config.Settings,
    "billing": billing.config.Settings,
}
"""By the image's name."""


def program(image: str) -> str | None:
    """The program in `teachbase/<program>:<tag>`; None for an image whose environment is not ours."""
    name = image.removeprefix("teachbase/").partition(":")[0]
    return name if name in SETTINGS and image.startswith("teachbase/") else None


def problems(name: str, environment: Mapping[str, str], secret_files: set[str]) -> list[str]:
    """What is wrong with the environment of a program, of which `secret_files` are mounted."""
    known = {f"TB_{field.name.upper()}": field for field in fields(SETTINGS[name])}
    wrong = []
    for variable, value in environment.items():
        field = known.get(variable) or known.get(variable.removesuffix("_FILE"))
        if not variable.startswith("TB_"):
            continue
        if field is None:
            wrong.append(f"{name} knows no {variable}")
        elif variable.endswith("_FILE") and value not in secret_files:
            wrong.append(f"{variable} of {name} names {value}, which is not mounted")
        elif not variable.endswith("_FILE") and not field.repr:
            wrong.append(f"{variable} of {name} is a secret and stands in the open")
    for variable, field in known.items():
        if field.default is MISSING and not {variable, f"{variable}_FILE"} & environment.keys():
            wrong.append(f"{name} lacks {variable}")
    return wrong


def settings(name: str, environment: Mapping[str, str], folder: Path) -> Any:
    """What the program makes of the environment, its secrets being of no worth. Raises SettingsError."""
    secret = folder / "secret"
    secret.write_text("of no worth\n")
    files = {variable: str(secret) for variable in environment if variable.endswith("_FILE")}
    return read(SETTINGS[name], {**environment, **files})
