"""The pieces of a query's text, and where they stand: words, terms, names of views, and the signs between them."""

import re
from typing import Literal, NamedTuple

from .query_keys import FLAGS, KEYS, WITH_NAME, suggest
from .query_nodes import KEYED

LONGEST = 20_000
"""Characters of a query; a longer one is one text to look for."""
_DEEPEST = 20

_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)\\?("?)', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')
"""Of a quotation mark, or of itself; before anything else a backslash is one: what is pasted has some."""


class Token(NamedTuple):
    """A piece of a query's text."""

    kind: Literal["open", "close", "or", "not", "word"]
    start: int
    end: int
    value: str = ""
    key: str = ""
    name: str = ""
    sign: str = ""
    quoted: bool = False
    problem: str = ""
    view: str = ""
    """The name of a saved view that it stands for, where the reader knows any."""


def pieces(text: str) -> list[tuple[int, int, str]]:
    """Where the keys and names of views (`key`), quoted phrases (`text`) and the signs between terms (`sign`) stand.

    In the order of the text; what is no such thing is left out. Costs one reading of the text.
    """
    found: list[tuple[int, int, str]] = []
    for token in tokens(text) if len(text) <= LONGEST else ():
        at = token.start
        if token.kind != "word":
            found.append((at, token.end, "sign"))
            continue
        if token.view:
            found.append((at, token.end, "key"))
            continue
        if not token.quoted and not token.key and token.value.lower() in FLAGS:
            found.append((at, token.end, "key"))
        elif token.key and (keyed := KEYED.match(text, at)):
            found.append((at, keyed.end(), "key"))
            at = keyed.end()
        if token.quoted:
            found.append((at, token.end, "text"))
    return found


def tokens(text: str) -> list[Token]:
    """All pieces in the order of the text; what is wrong with one stands in its `problem`. Raises nothing."""
    found: list[Token] = []
    opened: list[int] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at, len(opened))
        if token.kind == "open":
            opened.append(len(found))
        elif token.kind == "close":
            opened.pop()
        found.append(token)
        at = token.end
    for index in opened:
        start = found[index].start
        found[index] = Token("word", start, start + 1, "(", problem="the parenthesis is not closed")
    return found


def _token(text: str, at: int, depth: int) -> Token:
    character, following = text[at], text[at + 1 : at + 2]
    if character == "|":
        return Token("or", at, at + 1)
    if character == "(" and depth < _DEEPEST:
        return Token("open", at, at + 1)
    if character == ")" and depth:
        return Token("close", at, at + 1)
    if character == "-" and (following.isalnum() or following in ('"', "(", "@")):
        return Token("not", at, at + 1)
    if character == "@" and (name := _word(text, at + 1, depth)).value:
        return name._replace(start=at, value=f"@{name.value}", view=name.value)
    keyed = KEYED.match(text, at)
    return _keyed(text, at, keyed, depth) if keyed else _word(text, at, depth)


def _keyed(text: str, at: int, found: re.Match[str], depth: int) -> Token:
    """The beginning of a term, or why it is none."""
    key, name, sign = found[1].lower(), _unquoted(found[2] or ""), found[3]
    if key in FLAGS:
        problem = f"{key!r} stands alone"
    elif key not in KEYS:
        near = suggest(key)
        problem = f"{found[1]!r} is no key" + (f", did you mean {near!r}?" if near else "")
    elif (key in WITH_NAME) != bool(name):
        problem = f"{key}.NAME wants a name" if key in WITH_NAME else f"{key!r} takes no name after a dot"
    else:
        value = _word(text, found.end(), depth)
        if value.end > value.start:
            return value._replace(start=at, key=key, name=name, sign=sign)
        problem = f"{key}{sign} wants a value, as in {KEYS[key].example}"
    return _word(text, at, depth)._replace(problem=problem)


def _word(text: str, at: int, depth: int) -> Token:
    """A quoted phrase, or what reaches to the next space, `|` or a parenthesis that closes a group."""
    if found := _QUOTED.match(text, at):
        problem = "" if found[2] else "the quotation mark is not closed"
        return Token("word", at, found.end(), _ESCAPE.sub(r"\1", found[1]), quoted=True, problem=problem)
    end, inner = at, 0
    while end < len(text) and not text[end].isspace() and text[end] != "|":
        if text[end] == ")" and not inner and depth:
            break
        inner += (text[end] == "(") - (text[end] == ")" and inner > 0)
        end += 1
    return Token("word", at, end, text[at:end])


def _unquoted(name: str) -> str:
    return _ESCAPE.sub(r"\1", name[1:-1]) if name.startswith('"') else name
