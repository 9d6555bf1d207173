"""Shapes of the API (docs/interfaces.md): fields may be added, never renamed."""
