"""What the values of a query mean: amounts, moments, patterns. Shared by the parser's check and both evaluations."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from .. import clock
from ..units import ago, bytes_of, count_of, is_age, nanousd_of, number_of, seconds_of, span_of
from .query_keys import CALL_FACTS, KEYS, Key, suggest
from .query_nodes import Term

LONGEST_PATTERN = 1000
"""Characters of one value that is compared by pattern; SQLite bounds what its GLOB takes."""

AMOUNTS: dict[str, Callable[[str], int | float]] = {
    "count": count_of,
    "size": bytes_of,
    "money": nanousd_of,
    "took": seconds_of,
    "number": number_of,
}


class At(NamedTuple):
    """The moment a query is answered at, and the zone of the dates in it (None: the machine's)."""

    now: datetime
    zone: tzinfo | None


def at(now: datetime | None) -> At:
    """The present, or a given moment with its zone."""
    if now is None:
        return At(datetime.fromtimestamp(clock.now_s(), UTC), None)
    return At(now.astimezone(now.tzinfo), now.tzinfo)


def check(term: Term) -> None:
    """Raises ValueError, saying what is allowed, if a term's operator or a value does not suit its key."""
    key = KEYS[term.key]
    if key.name == "call" and term.name not in CALL_FACTS:
        raise ValueError(f"of a call {', '.join(CALL_FACTS)} can be asked, as in {key.example}")
    ordered = key.kind in AMOUNTS or (key.kind == "time" and key.name not in ("since", "until")) or key.name == "meta"
    ordered = ordered or (key.name == "call" and term.name == "day")
    if term.sign not in (":", "=") and not ordered:
        raise ValueError(f"{key.name} takes : or =, as in {key.example}")
    for value in term.values:
        _check_value(key, term, value)


def _check_value(key: Key, term: Term, value: str) -> None:
    if key.kind in AMOUNTS:
        AMOUNTS[key.kind](value)
    elif key.kind == "time":
        limits(key, term.sign, value, _SOME_TIME)
    elif key.name == "call" and term.name == "day":
        days_of_call(term, value, _SOME_TIME)
    elif key.kind == "choice" and value not in key.values:
        near = suggest(value, key.values)
        hint = f", did you mean {near}?" if near else ""
        raise ValueError(f"{value!r} is none of {', '.join(key.values)}{hint}")
    elif key.name == "meta" and term.sign not in (":", "="):
        number_of(value)
    elif len(value) > LONGEST_PATTERN:
        raise ValueError(f"at most {LONGEST_PATTERN:,} characters can be compared with {key.name}")


_SOME_TIME = At(datetime(2026, 1, 1, tzinfo=UTC), UTC)
_YOUNGER = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", ":": ">=", "=": ">="}


def limits(key: Key, sign: str, value: str, moment: At) -> list[tuple[str, str]]:
    """What a time key asks of a time text: operators and bounds that must all hold."""
    if is_age(value):
        sign = {"since": "<=", "until": ">="}.get(key.name, sign)
        return [(_YOUNGER[sign], ago(value, moment.now))]
    start, end = span_of(value, moment.now, moment.zone)
    sign = {"since": ">=", "until": "<="}.get(key.name, sign)
    ways = {">": [(">=", end)], ">=": [(">=", start)], "<": [("<", start)], "<=": [("<", end)]}
    return ways.get(sign) or [(">=", start), ("<", end)]


def days_of_call(term: Term, value: str, moment: At) -> list[tuple[str, str]]:
    """What `call.day` asks of the time of a call: its days are those of UTC, as the days of sums are.

    `""` asks for a call whose time is not known.
    """
    if not value and term.sign in (":", "="):
        return [("=", "")]
    return limits(KEYS["call"], term.sign, value, At(moment.now, UTC))


# --- patterns -----------------------------------------------------------------------------------------
# Written as SQLite's GLOB and as a regular expression from the same pieces, so that both mean the same.


def cases(character: str) -> str:
    """The letter in all its cases, as far as these are single letters."""
    forms = {character, character.lower(), character.upper(), character.casefold()}
    return "".join(sorted(form for form in forms if len(form) == 1))


def containing(text: str) -> re.Pattern[str]:
    """Finds a text in whatever case."""
    return re.compile("".join(f"[{re.escape(cases(character))}]" for character in text))


def shaped(pattern: str) -> re.Pattern[str]:
    """Matches a whole text in which `*` stands for anything."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def glob_containing(text: str) -> str:
    """`containing` for GLOB."""
    return f"*{glob_equal(text)}*"


def glob_equal(text: str) -> str:
    """A whole text in whatever case, for GLOB."""
    # A class of `^` alone would be a negation; outside of a class it is itself.
    return "".join("^" if character == "^" else f"[{cases(character)}]" for character in text)


def glob_literal(text: str) -> str:
    """A text to the letter, for GLOB."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)


def glob_shaped(pattern: str) -> str:
    """`shaped` for GLOB."""
    return "*".join("".join(f"[{c}]" if c in "?[" else c for c in part) for part in pattern.split("*"))
