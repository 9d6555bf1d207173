"""The outside of this context: portal, for tokens."""
