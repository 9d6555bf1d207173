"""What happened in the messenger, before it is written in one of the two generations."""

from dataclasses import dataclass
from typing import Literal

from b24sim.model import Chat, Command, Employee, Message

Kind = Literal["add", "update", "delete", "join", "command", "reaction", "bot_delete"]


@dataclass(frozen=True, slots=True)
class Happening:
    """One fact for one bot; fields that the kind does not need stay empty."""

    kind: Kind
    user: Employee | None = None
    """Who acted; None for a robot or the system."""
    chat: Chat | None = None
    message: Message | None = None
    command: Command | None = None
    command_params: str = ""
    command_context: Literal["textarea", "keyboard"] = "textarea"
    reaction: str = ""
    reaction_action: Literal["add", "delete"] = "add"
