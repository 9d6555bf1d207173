"""The outside of this context: Bitrix24."""
