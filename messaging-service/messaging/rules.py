"""What the bot answers without knowledge: greeting, /help, ping. Pure."""

from dataclasses import dataclass

from bitrix.events import without_mentions
from messaging import arithmetic, texts
from messaging.domain import Button, Question

_HELP = {"/help", "help", "помощь", "справка", "/start", "что ты умеешь"}
_GREETINGS = {"привет", "здравствуйте", "здравствуй", "добрый день", "доброе утро", "добрый вечер", "hello", "hi"}
_PING = {"ping", "/ping", "пинг"}
_THANKS = {
    "спасибо",
    "спасибо большое",
    "благодарю",
    "большое спасибо",
    "thanks",
    "thank you",
    "thank you very much",
}


@dataclass(frozen=True)
class RuleAnswer:
    """An answer by rule. `rule` names it in the trace."""

    rule: str
    body: str
    buttons: tuple[Button, ...] = ()


def answer(question: Question) -> RuleAnswer | None:
    """Return the answer that a rule has for a question, None when knowledge must be asked."""
    text = without_mentions(question.body, question.bot_id)
    language = texts.language_of(text, question.language)
    if question.kind == "join":
        return _greeting(language)
    if question.kind == "file":
        return RuleAnswer("no_files", texts.NO_FILES[language])
    said = text.lower().strip(" .!?,")
    command = said.split(maxsplit=1)[0] if said else ""
    if command == "/help" or said in _HELP or not said:
        return RuleAnswer("help", texts.HELP[language])
    if said in _PING:
        return RuleAnswer("ping", texts.PONG[language])
    if said in _GREETINGS:
        return _greeting(language)
    if said in _THANKS:
        return RuleAnswer("thanks", texts.WELCOME[language])
    if (result := arithmetic.value_of(said)) is not None:
        return RuleAnswer("arithmetic", result)
    return None


def _greeting(language: str) -> RuleAnswer:
    return RuleAnswer("greeting", texts.GREETING[language], texts.HELP_BUTTON[language])
