"""What a terminal sends, as text: bytes that are none are no mistake of ours, and what is pasted presses no key.

Textual takes what follows an escape character for keys, also in the middle of what is pasted. Not every terminal
takes such characters out, and what is pasted may come from a log, which is an agent's.
"""

import re
from codecs import getincrementaldecoder

START, END = "\x1b[200~", "\x1b[201~"
"""How a terminal says that what comes between is pasted."""
_ACTS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tabs and line ends, and what reorders the text that is seen."""


class Incoming:
    """Reads what comes in pieces, cut anywhere. For one thread."""

    def __init__(self) -> None:
        self._decoded = getincrementaldecoder("utf-8")("replace").decode
        self._pasting = False
        self._before = ""
        """Outside: the last characters handed on. Inside: the last that came, if they may begin its end."""

    def text(self, data: bytes) -> str:
        """What is to be parsed. Keys are handed on at once, of a paste all but what may be the beginning of its end."""
        rest, found = self._decoded(data), ""
        while rest:
            piece, rest = self._pasted(rest) if self._pasting else self._typed(rest)
            found += piece
        return found

    def _typed(self, data: str) -> tuple[str, str]:
        seen = self._before + data
        at = seen.find(START)
        end = len(seen) if at < 0 else at + len(START)
        new, self._pasting = seen[len(self._before) : end], at >= 0
        self._before = "" if self._pasting else seen[-len(START) + 1 :]
        return new, seen[end:]

    def _pasted(self, data: str) -> tuple[str, str]:
        seen = self._before + data
        text, end, rest = seen.partition(END)
        self._before, self._pasting = "", not end
        if self._pasting:
            held = next((n for n in range(len(END) - 1, 0, -1) if text.endswith(END[:n])), 0)
            text, self._before = text[: len(text) - held], text[len(text) - held :]
        return _ACTS.sub("", text) + end, rest
