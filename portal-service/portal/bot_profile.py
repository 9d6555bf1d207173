"""What our bot is on a portal, whichever generation of the API registers it."""

CODE = "teachbase_ai_assistant"
EVENTS_PATH = "/v1/bitrix/events"
PROPERTIES = {"name": "Teachbase AI", "workPosition": "Ассистент по базе знаний", "color": "azure"}
HELP_TITLES = {"ru": "Что умеет бот", "en": "What the bot can do"}
