"""The Bitrix24 REST client and the wire formats (docs/bitrix24/contract.md)."""
