"""The one error this package raises on purpose."""


class StackError(Exception):
    """The stack cannot start or go on; the message is one line for the person at the terminal."""
