"""The delivery context: the outbox and the sends to Bitrix24."""
