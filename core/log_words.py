"""What a word of a log message is, and which messages a search finds: the one rule for every engine.

Engines keep the words of messages and find those that hold all words of a search; whether these
stand there as they were asked for is then read in the original.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from .text import fold

SEARCHED = 20_000
"""Characters of a message that can be found; what lies behind them is shown, but not searched."""

LONGEST = 64
"""Characters by which a word is known: of a longer one, which no person types, the rest is not looked at."""

# Where words are written without spaces, each character is a word (and what is typed, a phrase of them).
_SINGLE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(f"[{_SINGLE}]|[^\\W_{_SINGLE}]+")
_PIECE = re.compile(r'"([^"]*)"(\*?)|(\S+)')


def words_in(text: str) -> list[str]:
    """The words of a text in their order: letters and digits, folded. They hold neither spaces nor quotes."""
    found = _WORD.findall(fold(text[:SEARCHED]))
    return found if len(text) <= LONGEST else [word[:LONGEST] for word in found]


def in_line(text: str) -> str:
    """The words of a text, each between two spaces: where phrases are looked for."""
    return f" {' '.join(words_in(text))} "


class Phrase(msgspec.Struct, frozen=True):
    """Words that stand one after the other; `goes_on`: the last one may be the beginning of a word."""

    words: tuple[str, ...]
    goes_on: bool = False

    def is_in(self, line: str) -> bool:
        """Whether `in_line` of a message holds it."""
        return f" {' '.join(self.words)}{'' if self.goes_on else ' '}" in line


class Wanted(msgspec.Struct, frozen=True):
    """What a message must hold to be found: every phrase, and every text that has no word in it, as it is."""

    phrases: tuple[Phrase, ...] = ()
    signs: tuple[str, ...] = ()

    def accepts(self, message: str) -> bool:
        """Whether a message is found."""
        if self.phrases:
            line = in_line(message)
            if not all(phrase.is_in(line) for phrase in self.phrases):
                return False
        if not self.signs:
            return True
        folded = message[:SEARCHED].casefold()
        return all(sign in folded for sign in self.signs)

    @property
    def is_exact(self) -> bool:
        """Whether a message with all `terms` is found, so that nobody need look where in it they stand."""
        return bool(self.phrases) and not self.signs and all(len(phrase.words) == 1 for phrase in self.phrases)

    def terms(self) -> Iterator[tuple[str, bool]]:
        """Each word that a message must hold, and whether it may go on."""
        for phrase in self.phrases:
            *before, last = phrase.words
            yield from ((word, False) for word in before)
            yield last, phrase.goes_on


def wanted(text: str) -> Wanted:
    """What is typed to search: words that must all be there; `"…"` is a phrase, `word*` the beginning of one."""
    return _all((quoted or piece, bool(star)) for quoted, star, piece in _PIECE.findall(text))


def phrase(text: str) -> Wanted:
    """What stands behind `log:`: one word or phrase, the last word of which goes on with `*`."""
    return _all([(text, False)])


def _all(pieces: Iterable[tuple[str, bool]]) -> Wanted:
    phrases, signs = [], []
    for piece, star in pieces:
        found = words_in(piece)
        if found:
            goes_on = star or piece.endswith("*")
            phrases.append(Phrase(tuple(found), goes_on and len(found[-1]) < LONGEST))
        elif piece.strip():
            signs.append(piece.casefold())
    return Wanted(tuple(phrases), tuple(signs))
