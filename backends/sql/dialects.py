"""The few expressions that SQLite and PostgreSQL write differently; everything else is written once.

A new dialect says here what it calls them.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Float, Integer, and_, bindparam, column, literal, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from .column_types import String, Text, Texts, Told
from .globs import ODD, Glob, Part


class _Expression(FunctionElement[Any]):
    """An expression over its clauses; `sqlite` and `postgresql` are its texts, with a `{}` for each clause."""

    inherit_cache = True
    sqlite: str
    postgresql: str


@compiles(_Expression)
def _compile(element: _Expression, compiler: Any, **options: Any) -> str:
    form: str = getattr(element, compiler.dialect.name)
    return form.format(*(compiler.process(clause, **options) for clause in element.clauses))


class _Contains(_Expression):
    name, type, inherit_cache = "contains", Boolean(), True
    sqlite, postgresql = "(instr({}, {}) > 0)", "(strpos({}, {}) > 0)"


class _ContainsOdd(_Contains):
    name, inherit_cache = "contains_odd", True
    postgresql = "({} ~ {})"


# For SQLite a text ends at a NUL: what has one is compared by functions of ours (`globs.py`).


class _Globbed(_Expression):
    name, type, inherit_cache = "globbed", Boolean(), True
    sqlite = "(CASE WHEN instr({0}, char(0)) > 0 THEN flightlog_glob({0}, {1}) ELSE {0} GLOB {1} END)"
    postgresql = "({} ~ {})"


class _GlobbedTold(_Globbed):
    name, inherit_cache = "globbed_told", True
    sqlite = "(CASE WHEN instr({0}, char(1)) > 0 THEN flightlog_glob_told({0}, {1}) ELSE {0} GLOB {1} END)"


class _GlobbedByUs(_Globbed):
    name, inherit_cache = "globbed_by_us", True
    sqlite = "flightlog_glob({}, {})"


class _ToldByUs(_Globbed):
    name, inherit_cache = "told_by_us", True
    sqlite = "flightlog_glob_told({}, {})"


class _Begins(_Globbed):
    name, inherit_cache = "begins", True
    sqlite = "({} GLOB {})"  # what has a NUL later begins the same; and an index can be used


class _Ending(_Expression):
    name, type, inherit_cache = "ending", String, True
    sqlite = "CASE WHEN instr({0}, char(0)) > 0 THEN flightlog_ending({0}, {1}) ELSE substr({0}, -{1}) END"
    postgresql = "right({}, {})"


class _Day(_Expression):
    name, type, inherit_cache = "day", String, True
    sqlite = "substr({}, 1, 10)"
    postgresql = "coalesce(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD'), '')"


class _Hour(_Expression):
    name, type, inherit_cache = "hour", String, True
    sqlite = "substr({}, 1, 13)"
    postgresql = """coalesce(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'), '')"""


class _Minute(_Expression):
    name, type, inherit_cache = "minute", String, True
    sqlite = "substr({}, 1, 16)"
    postgresql = """coalesce(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI'), '')"""


class _Texts(_Expression):
    name, type, inherit_cache = "texts", Texts, True
    sqlite, postgresql = "json_group_array({})", "coalesce(json_agg({})::text, '[]')"


class _Members(_Expression):
    name, inherit_cache = "members", True
    # A server's text holds no NUL, and SQLite's ends there: in JSON it is told as `column_types.stored_text` tells it.
    sqlite = r"json_each(CASE WHEN instr({0}, '\u000') > 0 THEN flightlog_told({0}) ELSE {0} END)"
    postgresql = (
        "LATERAL (SELECT key, value #>> '{{}}' AS atom, CASE json_typeof(value) WHEN 'string' THEN 'text'"
        " WHEN 'number' THEN 'real' WHEN 'boolean' THEN value::text ELSE json_typeof(value) END AS type"
        r" FROM json_each((CASE WHEN strpos({0}, '\u000') = 0 THEN {0} ELSE regexp_replace(regexp_replace({0},"
        r" '(?<!\\)((?:\\\\)*)\\u0001', '\1\\u0001\\u0002', 'g'),"
        r" '(?<!\\)((?:\\\\)*)\\u0000', '\1\\u0001\\u0001', 'g') END)::json))"
    )


class _EntryId(_Expression):
    name, type, inherit_cache = "entry_id", BigInteger(), True
    sqlite, postgresql = "log_words.rowid", "log_words.id"


class _Holds(_Expression):
    name, type, inherit_cache = "holds", NullType(), True  # a Boolean would be compared with 1, which no index helps
    sqlite, postgresql = "log_words MATCH {}", "log_words.words @@ CAST({} AS tsquery)"


class _Pairs(_Expression):
    name, inherit_cache = "pairs", True
    sqlite = (
        "(SELECT key AS at, json_extract(value, '$[0]') AS run, json_extract(value, '$[1]') AS seq FROM json_each({}))"
    )
    postgresql = (
        "(SELECT key - 1 AS at, value ->> 0 AS run, (value ->> 1)::bigint AS seq"
        " FROM json_array_elements(({})::json) WITH ORDINALITY AS pairs (value, key))"
    )


class _Listed(_Expression):
    name, inherit_cache = "listed", True
    sqlite = "(SELECT value AS text FROM json_each({}))"
    postgresql = "(SELECT json_array_elements_text(({})::json) AS text)"


class _Number(_Expression):
    name, type, inherit_cache = "number", Float(), True
    # No float has as many digits as a whole number may: one of those is compared with nothing.
    sqlite, postgresql = "{1}", "CASE WHEN {0} = 'real' AND length({1}) < 300 THEN ({1})::float8 END"


class _Total(_Expression):
    name, type, inherit_cache = "total", BigInteger(), True
    # SQLite refuses the whole statement for a sum over 64 bits: in two halves none comes to so much.
    sqlite = (
        "CASE WHEN sum({0} >> 31) + (sum({0} & 2147483647) >> 31) >= 4294967296 THEN 9223372036854775807"
        " ELSE coalesce((sum({0} >> 31) << 31) + sum({0} & 2147483647), 0) END"
    )
    postgresql = "least(coalesce(sum({0}), 0), 9223372036854775807)::bigint"


def contains(text: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Whether a text has another in it, to the letter."""
    if ODD.search(part):
        return _ContainsOdd(text, literal(part, Part))
    return _Contains(text, literal(part, text.type))


def globbed(text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Whether a text has the form of a pattern (`globs.py`)."""
    given = literal(pattern, Glob)
    if text.type is Told:
        return (_ToldByUs if "\0" in pattern else _GlobbedTold)(text, given)
    if "\0" in pattern:
        return _GlobbedByUs(text, given)
    begins = _BEGINS.match(pattern)
    if begins and begins.end() == len(pattern):
        return _Begins(text, given)
    whole = _Globbed(text, given)
    return and_(_Begins(text, literal(begins[0], Glob)), whole) if begins else whole


_BEGINS = re.compile(r"[^*[]+\*")


def ending(text: ColumnElement[Any], length: int) -> ColumnElement[str]:
    """The last characters of a text."""
    return _Ending(text, bindparam(None, length, Integer, unique=True))


def total(numbers: ColumnElement[Any]) -> ColumnElement[int]:
    """The sum of whole numbers: 0 of none, and of what is more than a column holds the largest number that one does."""
    return _Total(numbers)


def day(time: ColumnElement[Any]) -> ColumnElement[str]:
    """The UTC day of a time, `2026-11-20`."""
    return _Day(time)


def hour(time: ColumnElement[Any]) -> ColumnElement[str]:
    """The UTC hour of a time, `2026-11-20T11`."""
    return _Hour(time)


def minute(time: ColumnElement[Any]) -> ColumnElement[str]:
    """The UTC minute of a time, `2026-11-20T11:58`."""
    return _Minute(time)


def texts(column: ColumnElement[Any]) -> ColumnElement[str]:
    """All texts of a column as a JSON list."""
    return _Texts(column)


def members(object_: ColumnElement[Any], name: str) -> Any:
    """The members of a JSON object as rows of `key`, `type` (as SQLite calls it) and `atom`."""
    return _Members(object_).table_valued(column("key", Told), "type", column("atom", Told), name=name)


LOG_WORDS = table("log_words")
"""The words of log entries, each engine's own kind of table."""

ENTRY = _EntryId()
"""The id of an entry there."""


def holds(wanted: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an entry has all words of a bound value of the type `Asked`."""
    return _Holds(wanted)


def pairs(given: ColumnElement[str]) -> Any:
    """Rows of `run` and `seq`, and `at` which place, out of a JSON list of lists: one statement, however many."""
    columns = (column("at", BigInteger), column("run", String), column("seq", BigInteger))
    return _Pairs(given).table_valued(*columns, name="given")


def listed(ids: Sequence[str] | ColumnElement[str]) -> Any:
    """Rows of `text`, one for each id (or of a JSON list that is bound): one bound value, however many they are."""
    given = ids if isinstance(ids, ColumnElement) else literal(json.dumps(ids), Text)
    return _Listed(given).table_valued(column("text", String), name="listed")


def number(member: Any) -> ColumnElement[float]:
    """The value of a member that is a number."""
    return _Number(member.c.type, member.c.atom)
