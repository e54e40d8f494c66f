"""HTML that cannot be broken out of: text is made safe and escaped at the one place where it becomes HTML."""

import re
from collections.abc import Iterable
from html import escape

from ...core.text import safe_text
from ..lines import Line

EMPTY = frozenset({"meta", "input", "rect", "br"})
"""Elements without an end."""
_TITLE = re.compile(r'<section id="([a-z-]+)"><h2>([^<]+)')
"""The beginning of a part as `section` writes it."""


class Html(str):
    """HTML as it goes into a page: made by this module, never by hand from data."""

    __slots__ = ()


def text(value: object, *, lines: bool = False, limit: int | None = 20_000) -> Html:
    """Any text as HTML: control and direction characters are drawn, then `<`, `>`, `&` and quotes are escaped."""
    shown = safe_text(str(value), lines=lines, limit=limit)
    return Html(escape(shown, quote=True))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """One element. Children that are no HTML are text; `class_` is `class`, `_` is `-`, and False is left out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not False and value is not None
    )
    if name in EMPTY:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    """Several pieces after each other."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts))


def spans(line: Line) -> Html:
    """A line as the screen draws it, its inks as classes."""
    return joined(
        text(piece) if ink == "text" else tag("span", piece, class_=ink)
        for piece, ink in line
        if piece.strip() or piece
    )


def table(heads: Iterable[object], rows: Iterable[Html], *, class_: str = "") -> Html:
    """A table under its heads; without any it has no line for them."""
    titles = list(heads)
    head = tag("thead", tag("tr", *(tag("th", one) for one in titles))) if any(titles) else Html("")
    return tag("div", tag("table", head, tag("tbody", *rows), class_=class_ or False), class_="wide")


def short(words: object) -> Html:
    """A cell that stays in one line, however narrow the page: a time, a status."""
    return tag("span", words, class_="short")


def row(*cells: object, class_: str = "") -> Html:
    """One row."""
    return tag("tr", *(tag("td", cell) for cell in cells), class_=class_ or False)


def folded(summary: object, *inside: object, open: bool = False) -> Html:
    """What is unfolded by a click, by the browser itself."""
    return tag("details", tag("summary", summary), *inside, open=open)


def section(title: str, *inside: object, about: str = "") -> Html:
    """A part of the page under its title, which is ours and a word of the page's contents."""
    return tag("section", tag("h2", title, tag("small", about) if about else Html("")), *inside, id=_anchor(title))


def contents(parts: Iterable[Html]) -> Html:
    """Where each part of the page is, by its title."""
    found = (_TITLE.match(part) for part in parts)
    return tag("nav", *(tag("a", Html(one[2]), href=f"#{one[1]}") for one in found if one))


def note(words: str) -> Html:
    """A remark: what is left out, what is empty."""
    return tag("p", words, class_="note")


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z]+", "-", title.lower())
