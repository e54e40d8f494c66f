"""How what is typed into the palette finds a command: by its name, by what it does, or by what others call that."""

import re

from ..keys.words import MEANT

FILLERS = frozenset({"a", "all", "an", "go", "in", "my", "of", "on", "show", "the", "this", "to"})
"""Words that are typed along and say nothing."""
_WORD = re.compile(r"[^\W_]+")
NAMED, TOLD, SCATTERED = 3.0, 2.0, 1.0
"""What is typed stands in the name; its words begin words of name and help; its letters are all in the name."""


def rank(typed: str, name: str, about: str, fuzzy: float) -> float:
    """How well a command fits what was typed, 0 where it does not; `fuzzy` is how well its name does by its letters."""
    close = min(fuzzy / 1000, 0.5)
    if typed.strip().lower() in name.lower():
        return NAMED + close
    if _is_told(typed, f"{name} {about}"):
        return TOLD + close
    return SCATTERED + close if fuzzy > 0 else 0.0


def _is_told(typed: str, text: str) -> bool:
    """Whether each word that is typed begins a word of the text, or means one."""
    words, there = _words(typed), _words(text)
    asked = [word for word in words if word not in FILLERS] or words
    return bool(asked) and all(_begins(word, there) or _means(word, there) for word in asked)


def _begins(word: str, there: list[str]) -> bool:
    return any(one.startswith(word) for one in there)


def _means(word: str, there: list[str]) -> bool:
    """From three letters on, what one is about to type counts too: `notif`."""
    meant = {word} if word in MEANT else {known for known in MEANT if len(word) > 2 and known.startswith(word)}
    return any(other in there for known in meant for other in MEANT[known].split())


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
