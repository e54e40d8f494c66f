"""What is looked for in a log: plain text, or a regular expression, which can be as slow as it likes."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...core.log_words import Phrase, Wanted, words_in
from ...core.text import fold
from ..lines import Line

if TYPE_CHECKING:
    import regex

PATIENCE_S = 0.1
"""Seconds that an expression may take for one entry. It does not hold up other threads meanwhile."""

GLANCE_S = 0.005
"""Seconds that it may take for a line on the screen; after the first that takes longer nothing is lit."""


EXPRESSIVE = frozenset("|*+[^$\\")
"""Signs by which a text may have been meant as an expression."""


class Words:
    """Words one after the other, the last of which may go on, whatever stands between them."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        self._wanted = Wanted((Phrase(words, goes_on=True),))
        # Letters and digits are what a word is made of, all else stands between two.
        self._drawn = re.compile(r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, words)), re.IGNORECASE)

    def are_in(self, message: str, folded: str) -> bool:
        """Whether a message, of which `folded` is the case-folded text, holds them. Costs little where one lacks."""
        near = not folded.isascii() or all(word in folded for word in self._words)
        return near and self._wanted.accepts(message)

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where they stand in a text as it is drawn; none where they are written otherwise there."""
        return [match.span() for match in self._drawn.finditer(text)]


class LogPattern:
    """A search as it was typed: `text`, or `/expression/` (the last slash may be left out). Case is ignored.

    Of a text that is words alone it makes no difference what stands between them, so that what `log:"two words"` and
    `flightlog search` find in a log is found there. With other signs it is looked for as it stands. An expression that
    is none finds nothing, and `problem` says why, and where. Thread-safe.
    """

    def __init__(self, typed: str = "") -> None:
        self.typed = typed
        self.problem = ""
        self._needle = ""
        self._words: Words | None = None
        self._expression: regex.Pattern[str] | None = None
        self._lights = True
        if typed.startswith("/") and len(typed) > 1:
            self._compile(typed[1:-1] if len(typed) > 2 and typed.endswith("/") else typed[1:])
        else:
            self._needle = typed.casefold()
            plain = typed.replace('"', " ").rstrip().removesuffix("*")
            words = words_in(plain)
            if words and fold(plain) == " ".join(words):
                self._words = Words(tuple(words))

    def _compile(self, expression: str) -> None:
        import regex  # late: only who searches so pays for it

        try:
            self._expression = regex.compile(expression, regex.IGNORECASE | regex.VERSION0)
        except (regex.error, RecursionError, OverflowError, MemoryError) as error:
            where = getattr(error, "pos", None)
            why = getattr(error, "msg", "") or "too large"
            self.problem = f"no regular expression: {why}" + ("" if where is None else f" at character {where + 1}")

    @property
    def nowhere(self) -> str:
        """What is said where nothing is found: also how to look for an expression, where one was typed as a text."""
        meant = self._expression is None and EXPRESSIVE.intersection(self.typed)
        return f"{self.typed} is not in the log" + (f"; as an expression it is /{self.typed}/" if meant else "")

    @property
    def too_slow(self) -> str:
        """What is said where its time ran out again and again."""
        return f"{self.typed} takes too long"

    def __bool__(self) -> bool:
        return bool(self._needle or self._expression is not None)

    def finds(self, message: str) -> bool:
        """Whether a message holds it. TimeoutError if the expression takes longer than `PATIENCE_S`."""
        if self._expression is None:
            folded = message.casefold()
            return bool(self._needle) and (
                self._needle in folded or (self._words is not None and self._words.are_in(message, folded))
            )
        return self._expression.search(message, timeout=PATIENCE_S) is not None

    def lit(self, line: Line) -> Line:
        """A line with what is found drawn as a match: what is looked at is what is shown, span by span."""
        if not self or not self._lights:
            return line
        result: Line = []
        for text, ink in line:
            done = 0
            for start, end in self._places(text):
                result += [(text[done:start], ink), (text[start:end], "match")]
                done = end
            result.append((text[done:], ink))
        return [span for span in result if span[0]]

    def _places(self, text: str) -> list[tuple[int, int]]:
        if self._expression is None:
            return list(self._plain(text)) or (self._words.places(text) if self._words else [])
        try:
            found: Any = self._expression.finditer(text, timeout=GLANCE_S)
            return [match.span() for match in found if match.end() > match.start()]
        except TimeoutError:
            self._lights = False
            return []

    def _plain(self, text: str) -> Iterator[tuple[int, int]]:
        folded, size = text.casefold(), len(self._needle)
        # Folding may change the length of text; then positions mean nothing, and nothing is lit.
        at = folded.find(self._needle) if len(folded) == len(text) else -1
        while at >= 0:
            yield at, at + size
            at = folded.find(self._needle, at + size)
