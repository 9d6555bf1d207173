"""Text for the messenger: only BB codes count there, Markdown is shown as it is (contract 4.7)."""

import re

WORD_JOINER = "\u2060"
"""Put after `[` it breaks a tag and cannot be seen; the platform has no official escape (contract 4.7)."""

_TAGS = (
    "b|i|u|s|size|color|url|user|chat|br|code|img|icon|send|put|call|timestamp|context|disk|quote|rating|date|pch"
)
_TAG = re.compile(rf"\[(?=\s*/?\s*(?:{_TAGS})\b)", re.IGNORECASE)
_QUOTE = re.compile(r">(?=>)")
_RULE = re.compile(r"-{54,}")


def escape(text: str) -> str:
    """Return text from outside so that it can forge no tag, no quoted line and no quoted block.

    Without this a document could hold `[send=...]`, a one-click command, or `[user=all]`, a mention of everybody.
    """
    broken = _TAG.sub("[" + WORD_JOINER, text)
    broken = _QUOTE.sub(">" + WORD_JOINER, broken)
    return _RULE.sub("—" * 10, broken)
