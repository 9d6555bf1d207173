"""What the bot says of itself, in Russian and English (BB code, contract 4.7)."""

import re

from messaging.domain import Button

_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_COMMAND = re.compile(r"(?:^|\s)/\w+")
_LATIN = re.compile("[a-z]", re.IGNORECASE)

GREETING = {
    "ru": (
        "Здравствуйте! Я [b]Teachbase AI[/b]: отвечаю на вопросы по документам вашей компании и показываю, "
        "откуда взят ответ.\nПросто напишите вопрос."
    ),
    "en": (
        "Hello! I am [b]Teachbase AI[/b]: I answer questions from your company's documents and show where "
        "the answer comes from.\nJust ask."
    ),
}
HELP = {
    "ru": (
        "[b]Что я умею[/b]\n• Отвечаю на вопросы по базе знаний: напишите вопрос обычными словами.\n"
        "• В групповом чате обратитесь ко мне через @.\n• /help покажет эту справку."
    ),
    "en": (
        "[b]What I can do[/b]\n• I answer questions from the knowledge base: ask in plain words.\n"
        "• In a group chat mention me with @.\n• /help shows this text."
    ),
}
HELP_BUTTON = {
    "ru": (Button("Что ты умеешь?", "help"),),
    "en": (Button("What can you do?", "help"),),
}
REFUSAL = {
    "ru": "Администратор портала пока не открыл вам доступ ко мне. Попросите его добавить вас в список.",
    "en": "The portal's administrator has not given you access to me yet. Ask to be added to the list.",
}
NO_KNOWLEDGE = {
    "ru": (
        "В базе знаний пока нет ни одного документа, поэтому ответить мне не на чем. "
        "Документы загружает администратор портала в приложении Teachbase AI."
    ),
    "en": (
        "The knowledge base holds no document yet, so I have nothing to answer from. "
        "The portal's administrator uploads documents in the Teachbase AI app."
    ),
}
NOT_FOUND = {
    "ru": "В документах нет ответа на этот вопрос. Спросите иначе или обратитесь к коллегам.",
    "en": "The documents hold no answer to this question. Ask in other words, or ask a colleague.",
}
MEANT = {"ru": "\nМожет быть, вы искали:", "en": "\nYou may have looked for:"}
SOURCE = {"ru": "Источник", "en": "Source"}
SECTION = {"ru": "раздел", "en": "section"}
PAGE = {"ru": "стр.", "en": "page"}
NO_FILES = {
    "ru": "Файлы я пока не читаю. Напишите вопрос текстом.",
    "en": "I do not read files yet. Please write your question as text.",
}
LIMIT_REACHED = {
    "ru": "Лимит ответов вашей компании на этот период исчерпан. Он обновится {resets_at}.",
    "en": "Your company's limit of answers for this period is used up. It starts anew on {resets_at}.",
}
SUBSCRIPTION_ENDED = {
    "ru": "Подписка вашей компании на Teachbase AI закончилась, поэтому я пока не отвечаю. "
    "Продлить её может администратор портала.",
    "en": "Your company's subscription to Teachbase AI has ended, so I do not answer for now. "
    "The portal's administrator can renew it.",
}
LIMIT_NAMES = {
    "replies_per_month": {"ru": "ответы бота", "en": "answers of the bot"},
    "llm_tokens_per_month": {"ru": "токены языковой модели", "en": "tokens of the language model"},
    "allowed_users": {"ru": "сотрудники с доступом к боту", "en": "employees with access to the bot"},
    "kb_documents": {"ru": "документы базы знаний", "en": "documents of the knowledge base"},
    "kb_megabytes": {"ru": "мегабайты базы знаний", "en": "megabytes of the knowledge base"},
}
LIMIT_ALERT = {
    "ru": "[b]{name}[/b]: использовано {used} из {limit} ({threshold} %). Счёт начнётся заново {resets_at}.",
    "en": "[b]{name}[/b]: {used} of {limit} used ({threshold} %). The count starts anew on {resets_at}.",
}
LIMIT_ALERT_KEPT = {
    "ru": "[b]{name}[/b]: занято {used} из {limit} ({threshold} %).",
    "en": "[b]{name}[/b]: {used} of {limit} taken ({threshold} %).",
}
WELCOME = {"ru": "Пожалуйста! Спрашивайте ещё.", "en": "You are welcome! Ask again any time."}
PONG = {"ru": "pong", "en": "pong"}


def language_of(text: str, default: str) -> str:
    """Return "ru" or "en" by the script that a text is mostly written in, `default` where that tells nothing.

    A /command has no language.
    """
    said = _COMMAND.sub("", text)
    cyrillic, latin = len(_CYRILLIC.findall(said)), len(_LATIN.findall(said))
    if cyrillic == latin:
        return default
    return "ru" if cyrillic > latin else "en"
