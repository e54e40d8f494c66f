"""Text of agents on its way to a terminal, and text as it is searched.

What agents write is hostile until shown otherwise: escape sequences write to the clipboard,
direction marks reorder an id, invisible characters make twins of names. `safe_text` is the one
way from recorded text to a screen; what it returns draws nothing but characters.
"""

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

LIMIT = 20_000
"""Characters that one piece of text takes on a screen, unless asked otherwise."""


class Shown(str):
    """Text that may be shown: made by `safe_text`, never by hand from data."""

    __slots__ = ()


# Control characters, surrogates, line separators, format characters, and all others that Unicode lets a
# terminal ignore (DerivedCoreProperties, Default_Ignorable_Code_Point), variation selectors included.
_IGNORED = (
    "\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSAFE = re.compile(f"\r\n|[\x00-\x1f{_IGNORED}]")
_UNSAFE_IN_LINES = re.compile(f"\r\n|[\x00-\x09\x0b-\x1f{_IGNORED}]")

_GLYPHS = {chr(code): chr(0x2400 + code) for code in range(32)} | {
    "\t": "    ",
    "\n": "⏎",
    "\r\n": "⏎",
    "\x7f": "␡",
}
_JOINERS = "\u200d\ufe0e\ufe0f"


def safe_text(value: str, *, lines: bool = False, limit: int | None = LIMIT) -> Shown:
    """Recorded text as it may be shown: what would act, reorder or hide is drawn as a glyph or `\\u…` instead.

    Line ends are drawn as `⏎`; with `lines` they stay line ends (CR LF becomes one). Text of more than
    `limit` characters is cut and says by how much; `None` never cuts. Only inside emoji something
    is left out: joiners and style selectors, for no two terminals agree how wide they make them.
    Idempotent. Costs one look over at most `limit` characters where nothing is to do.
    """
    if limit is not None and len(value) > limit:
        return Shown(_cut(value, lines, limit))
    if value.isascii() and value.isprintable():
        return Shown(value)
    shown = _draw(value, lines)
    return Shown(shown if limit is None or len(shown) <= limit else _cut(value, lines, limit))


def _draw(value: str, lines: bool) -> str:
    return _UNSAFE_IN_LINES.sub(_glyph_in_lines, value) if lines else _UNSAFE.sub(_glyph, value)


def _glyph_in_lines(match: re.Match[str]) -> str:
    return "\n" if match.group() == "\r\n" else _glyph(match)


def _glyph(match: re.Match[str]) -> str:
    found = match.group()
    if found in _JOINERS and _inside_emoji(match):
        return ""
    glyph = _GLYPHS.get(found)
    if glyph is None:
        code = ord(found)
        glyph = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return glyph


def _inside_emoji(match: re.Match[str]) -> bool:
    """Whether a joiner stands between two symbols, a style selector after one."""
    text, at = match.string, match.start()
    if at == 0 or not _is_symbol(text[at - 1]):
        return False
    return match.group() != "\u200d" or (match.end() < len(text) and _is_symbol(text[match.end()]))


def _is_symbol(character: str) -> bool:
    return character in "\ufe0f#*0123456789" or unicodedata.category(character) in ("So", "Sk", "Sm")


def _cut(value: str, lines: bool, limit: int) -> str:
    """The beginning of a text and a mark, together at most `limit` characters (but never less than the mark)."""
    mark = f"… [{len(value):,} characters]" if limit > 40 else "…"
    room = max(limit - len(mark), 0)
    shown = _draw(value[:room], lines)
    if len(shown) > room:
        kept = bisect_right(range(room + 1), room, key=lambda size: len(_draw(value[:size], lines))) - 1
        shown = _draw(value[:kept], lines)
    return shown + mark


# --- how wide text is -----------------------------------------------------------------------------


def cells(text: str) -> int:
    """Columns that shown text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


@lru_cache(4096)
def _width(character: str) -> int:
    code = ord(character)
    if 0x1F3FB <= code <= 0x1F3FF or 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF:
        return 0  # skin tones and the later parts of a Hangul syllable are drawn into what precedes them
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Mc"):
        return 0
    if category == "Cn":  # newer than this Python's tables: a new emoji, most likely
        return 2 if 0x1F300 <= code <= 0x1FAFF else 1
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """Shown text in exactly `width` columns: cut with `…`, or filled with spaces."""
    taken = cells(text)
    if taken <= width:
        return text + " " * (width - taken)
    if width < 1:
        return ""
    kept, taken = [], 1
    for character in text:
        taken += _width(character)
        if taken > width:
            taken -= _width(character)
            break
        kept.append(character)
    return "".join(kept) + "…" + " " * (width - taken)


_SERVER = re.compile("(.*?://|postgres(?:ql)?:/*)([^?]*)(.*)", re.DOTALL | re.IGNORECASE)


def masked(url: str) -> str:
    """The URL of a server as it may be shown: without user, password and options. What is none stays as it is.

    One that is badly written is still kept to itself: where a password may end behind a `?`, no server is shown.
    """
    found = _SERVER.fullmatch(url)
    if found is None:
        return url
    scheme, place, options = found.groups()
    before, at, _ = options.partition("@")
    if at and ("@" not in place or "=" not in before):
        return scheme + "…"
    return scheme + place.rpartition("@")[2]


# --- how text is searched ---------------------------------------------------------------------------


def fold(text: str) -> str:
    """Text as it is compared in searches: case, composition of accents and white space make no difference.

    The result can be stored by every engine: no NUL, no lone surrogate.
    """
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    else:
        text = text.lower()
    return " ".join(text.replace("\0", " ").split())


def words(*parts: str) -> str:
    """The text in which a run's bare words are looked for: each part folded, on a line of its own.

    A folded word or phrase is in it if and only if it is in one of the parts.
    """
    return "\n".join(filter(None, map(fold, parts)))
