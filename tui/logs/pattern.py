"""What is looked for in a log: plain text, or a regular expression, which can be as slow as it likes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..lines import Line

if TYPE_CHECKING:
    import regex

PATIENCE_S = 0.1
"""Seconds that an expression may take for one entry. It does not hold up other threads meanwhile."""

GLANCE_S = 0.005
"""Seconds that it may take for a line on the screen; after the first that takes longer nothing is lit."""


EXPRESSIVE = frozenset("|*+[^$\\")
"""Signs by which a text may have been meant as an expression."""


class LogPattern:
    """A search as it was typed: `text`, or `/expression/` (the last slash may be left out). Case is ignored.

    An expression that is none finds nothing, and `problem` says why, and where. Thread-safe.
    """

    def __init__(self, typed: str = "") -> None:
        self.typed = typed
        self.problem = ""
        self._needle = ""
        self._expression: regex.Pattern[str] | None = None
        self._lights = True
        if typed.startswith("/") and len(typed) > 1:
            self._compile(typed[1:-1] if len(typed) > 2 and typed.endswith("/") else typed[1:])
        else:
            self._needle = typed.casefold()

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
            return bool(self._needle) and self._needle in message.casefold()
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
            return list(self._plain(text))
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
