"""Patterns of SQLite's GLOB, as `core.query` writes them (without `?`), for what does not take them as they are.

PostgreSQL takes regular expressions, over texts as they are kept there (`column_types.stored_text`). SQLite itself
ends every text at a NUL, in GLOB, in `substr` from the end and in JSON: texts that have one are compared by the
functions here, which `install` gives to a connection. They are rare, so that the others cost what they did.
"""

import re
import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import TypeDecorator

from ...core.query.query_values import glob_literal
from .column_types import read_text, stored_text


class _Pattern(TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> Any:
        return None if value is None else regular_expression(value)


class _Part(TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> Any:
        return None if value is None else regular_expression(f"*{glob_literal(value)}*")


Glob = sa.Text().with_variant(_Pattern(), "postgresql")
"""A bound value that is a pattern."""
Part = sa.Text().with_variant(_Part(), "postgresql")
"""A bound text that is looked for in others."""

ODD = re.compile("[\0\1\2]")
"""What SQLite ends a text at, or PostgreSQL keeps as two characters."""


def install(connection: sqlite3.Connection) -> None:
    """Gives a connection the functions that `dialects` calls."""
    for name, arguments, function in (
        ("flightlog_glob", 2, glob),
        ("flightlog_glob_told", 2, glob_told),
        ("flightlog_ending", 2, ending),
        ("flightlog_told", 1, told),
    ):
        connection.create_function(name, arguments, function, deterministic=True)


def glob(text: str, pattern: str) -> bool | None:
    """Whether a text has the form of a pattern, NULs and all."""
    return None if text is None else _compiled(pattern).fullmatch(text) is not None


def glob_told(text: str, pattern: str) -> bool | None:
    """The same for a text that `told` has told."""
    return None if text is None else glob(read_text(text), pattern)


def ending(text: str, length: int) -> str:
    """The last characters of a text."""
    return text[-length:]


def told(object_: str) -> str:
    """A JSON text in which NULs are told as `stored_text` tells them."""
    return _ESCAPED.sub(lambda found: found[1] + _TOLD[found[2]], object_)


_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\u000([01])")
_TOLD = {"0": r"\u0001\u0001", "1": r"\u0001\u0002"}


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_python(piece) for piece in _pieces(pattern)), re.DOTALL)


def _python(piece: str) -> str:
    if piece == "*":
        return ".*"
    return f"[{re.escape(piece[1:-1])}]" if len(piece) > 1 else re.escape(piece)


def regular_expression(pattern: str) -> str:
    """The pattern as an expression of PostgreSQL's."""
    # A text is kept with NUL and \1 as two characters: of these a star takes both, or it would end between them.
    star = r"([^{0}]|{0}.)*".format("\1") if ODD.search(pattern) else ".*"
    whole = "".join(["^", *(_server(piece, star) for piece in _pieces(pattern)), "$"])
    return whole.removeprefix("^.*").removesuffix(".*$") if whole != "^.*$" else ""


def _server(piece: str, star: str) -> str:
    if piece == "*":
        return star
    if len(piece) > 1:
        return f"[{''.join(map(_escaped, piece[1:-1]))}]"
    return "".join(map(_escaped, stored_text(piece)))


def _escaped(character: str) -> str:
    return character if character.isalnum() or character in " _" or character > "\x7f" else f"\\{character}"


def _pieces(pattern: str) -> Iterator[str]:
    """A star, a class in its brackets, or one character; a class of one character is the character."""
    at = 0
    while at < len(pattern):
        end = pattern.index("]", at + 2) + 1 if pattern[at] == "[" else at + 1
        piece = pattern[at:end]
        yield piece[1] if len(piece) == 3 and piece[1] != "*" else piece
        at = end
