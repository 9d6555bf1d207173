"""A fake Bitrix24 cloud: OAuth, portals' REST, events, faults, and a messenger for people."""
