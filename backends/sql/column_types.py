"""The types of our columns, each a SQLite type and what stands for it in PostgreSQL.

What goes in comes out as the same text or number, and compares and sorts the same, on every engine:

- text compares by code points (`COLLATE "C"`); NUL characters, which PostgreSQL's text cannot hold, are escaped
  there in a way that keeps the order, and lone surrogates are told as everywhere (see `storable.py`), also in what
  is looked for: an id that nobody can have is one that is not there;
- whole numbers have 64 bits everywhere;
- times are ISO text in SQLite and `timestamptz` in PostgreSQL. What is no time (an event may say anything) is
  `-infinity` there, which comes before all times as the empty text does. The truth keeps times as text.

The recorded bytes lie in `LargeBinary` columns and are never touched.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import TypeDecorator

from .storable import all_storable, plain_text, storable

NEVER = "-infinity"
"""Before all times, in PostgreSQL."""


class _Kept(TypeDecorator[Any], ABC):
    """`taken` makes of a value what the driver takes, `all_taken` of those of a column."""

    impl: Any = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> Any:
        return self.taken(value)

    @abstractmethod
    def taken(self, value: Any) -> Any:
        """What the driver takes for a value."""

    def all_taken(self, values: Sequence[Any]) -> Sequence[Any]:
        return list(map(self.taken, values))


class _Chars(_Kept):
    impl = sa.String

    def __init__(self) -> None:
        super().__init__(collation="C")

    def taken(self, value: Any) -> Any:
        return stored_text(value)

    def all_taken(self, values: Sequence[Any]) -> Sequence[Any]:
        joined = plain_text(values)
        is_plain = joined is not None and "\0" not in joined and "\1" not in joined
        return values if is_plain else super().all_taken(values)


class _SoundText(_Kept):
    def taken(self, value: Any) -> Any:
        return storable(value)

    def all_taken(self, values: Sequence[Any]) -> Sequence[Any]:
        return all_storable(values)


class _Sound(_SoundText):
    impl = sa.String


class _Moment(_Kept):
    impl = sa.TIMESTAMP

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def taken(self, value: Any) -> Any:
        return None if value is None else stored_time(value)


class _Whole(_Kept):
    impl = sa.BigInteger

    def taken(self, value: Any) -> Any:
        return storable(value)

    def all_taken(self, values: Sequence[Any]) -> Sequence[Any]:
        return all_storable(values)


class _Flag(_Kept):
    impl = sa.Boolean

    def taken(self, value: Any) -> Any:
        return None if value is None else bool(value)


class _Told(_Kept):
    def taken(self, value: Any) -> Any:
        return stored_text(value)


class Asked(TypeDecorator[Any]):
    """A bound `Wanted` of which the words are asked for, as each engine's full text takes it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        around, goes_on, between = _ASKED[dialect.name]
        return between.join(f"{around}{word}{around}{goes_on if more else ''}" for word, more in value.terms())


_ASKED = {"sqlite": ('"', "*", " "), "postgresql": ("'", ":*", " & ")}


class _Listed(TypeDecorator[Any]):
    """Texts that the server has put into a JSON list as it keeps them; only read."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: object) -> Any:
        if value is None or "\\u0001" not in value:
            return value
        return json.dumps([read_text(text) for text in json.loads(value)])


String = sa.String().with_variant(_Chars(), "postgresql").with_variant(_Sound(), "sqlite")
Text = sa.Text().with_variant(_Chars(), "postgresql").with_variant(_SoundText(), "sqlite")
Time = sa.String().with_variant(_Moment(), "postgresql")
Integer = sa.Integer().with_variant(_Whole(), "postgresql")
BigInteger = sa.BigInteger().with_variant(_Whole(), "postgresql")
Boolean = sa.Boolean().with_variant(_Flag(), "postgresql")
Texts = sa.Text().with_variant(_Listed(), "postgresql")
"""A JSON list of texts, made by the database."""
Told = sa.Text().with_variant(_Chars(), "postgresql").with_variant(_Told(), "sqlite")
"""Text out of JSON, told on every engine as `stored_text` tells it."""


def stored_text(value: Any) -> Any:
    """Text as PostgreSQL keeps it: `read_text` gives it back."""
    if type(value) is not str:
        return value
    if "\0" in value or "\1" in value:
        value = value.replace("\1", "\1\2").replace("\0", "\1\1")
    return value if value.isascii() else storable(value)


def read_text(value: str) -> str:
    """Text that PostgreSQL kept, as it was."""
    return value if "\1" not in value else value.replace("\1\1", "\0").replace("\1\2", "\1")


def stored_time(value: str) -> str:
    """A time text as PostgreSQL takes it, to the microsecond in UTC."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.isoformat()
    except (ValueError, OverflowError):
        return NEVER
