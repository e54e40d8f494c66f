"""Budgets and retention as a configuration gives them: their form, checked strictly."""

import math
from collections.abc import Callable
from typing import Any, TypeGuard

from ...core.budgets import EACH, PER, WARN, Budget, budget_of
from ...core.config import Config
from ...core.query.query import parse
from ...core.retention.policy import CALENDAR, THEN, Block, Keep, Policy
from ...core.units import bytes_of, seconds_of
from .values import Values, shown

KEEP = ("last", "within", *CALENDAR)


def policies(values: Values, top: dict[str, Any]) -> dict[str, Any]:
    """What is said about budgets and retention, with its variables put in; ConfigError."""
    return {key: read(values, top[key], key) for key, read in _READ.items() if key in top}


def budgets_of(config: Config) -> tuple[Budget, ...]:
    """The budgets of a configuration that was read."""
    given = config.policies.get("budgets", ())
    return tuple(budget_of(one["query"], one["per"], one["max"], one.get("warn", WARN)) for one in given)


def policy_of(config: Config) -> Policy | None:
    """The retention policy of a configuration that was read; None if it has none."""
    given = config.policies
    if not given.keys() & _TAKES:
        return None
    blocks = (
        Block(match=one["match"], keep=Keep(**one["keep"]), then=one["then"]) for one in given.get("retention", ())
    )
    limits = {key: given[key] for key in ("minimum", "max_size", "max_runs", "trash_for") if key in given}
    return Policy(blocks=tuple(blocks), **limits)


def every_of(config: Config) -> float:
    """Seconds between two passes that retention makes by itself."""
    return seconds_of(config.policies.get("every", EVERY))


def with_defaults(given: dict[str, Any]) -> dict[str, Any]:
    """What is said, and what holds for a retention policy where nothing is said."""
    plain = Policy()
    defaults = {"minimum": plain.minimum, "trash_for": plain.trash_for, "every": EVERY}
    return given | {key: value for key, value in defaults.items() if given.keys() & _TAKES and key not in given}


EVERY = "1h"
_TAKES = frozenset({"retention", "max_size", "max_runs"})
"""Keys of which any makes a policy."""
RETENTION = ("retention", "minimum", "max_size", "max_runs", "trash_for", "every")
POLICIES = ("budgets", *RETENTION)


def _budgets(values: Values, value: Any, key: str) -> list[dict[str, Any]]:
    return [_budget(values, given, f"{key}[{n}]") for n, given in enumerate(values.typed(value, key, list))]


def _budget(values: Values, value: Any, key: str) -> dict[str, Any]:
    given = values.mapping(value, key, ("query", "per", "max", "warn"), of="a budget")
    most, warn = given.get("max"), given.get("warn", WARN)
    if not _is_number(most) or not _LEAST <= most <= _MOST:
        found = "is missing" if most is None else f"{shown(most)} is no sum of dollars"
        raise values.mistake(found, f"{key}.max", "give a number above 0, like 20.00")
    if not _is_number(warn) or not 0 < warn <= 1:
        raise values.mistake(f"{shown(warn)} is no part", f"{key}.warn", "give a number above 0 and up to 1, like 0.8")
    query = _query(values, given.get("query", ""), f"{key}.query")
    budget = {"query": query, "per": values.choice(given.get("per"), f"{key}.per", (*PER, *EACH)), "max": most}
    return budget | ({"warn": warn} if "warn" in given else {})


_LEAST, _MOST = 1e-9, 9e9
"""Dollars: a nano-dollar, and what 64 bits hold of them."""


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _retention(values: Values, value: Any, key: str) -> list[dict[str, Any]]:
    blocks = values.typed(value, key, list)
    if not blocks:
        raise values.mistake("an empty policy keeps everything", key, "give a block, or take the key out")
    return [_block(values, given, f"{key}[{n}]") for n, given in enumerate(blocks)]


def _block(values: Values, value: Any, key: str) -> dict[str, Any]:
    given = values.mapping(value, key, ("match", "keep", "then"), of="a block of retention")
    if "match" not in given:
        raise values.mistake("is missing", f"{key}.match", 'give a query, like "status:completed"')
    match = _query(values, given["match"], f"{key}.match")
    keep = _keep(values, given.get("keep", {}), f"{key}.keep")
    if not keep and not parse(match).parts():
        raise values.mistake("takes every run there is", key, "give it a rule in `keep`, or a query that says which")
    return {"match": match, "keep": keep, "then": values.choice(given.get("then"), f"{key}.then", THEN)}


def _keep(values: Values, value: Any, key: str) -> dict[str, Any]:
    given = values.mapping(value, key, KEEP, of="keep")
    return {
        name: _span(values, rule, f"{key}.{name}") if name == "within" else _count(values, rule, f"{key}.{name}")
        for name, rule in given.items()
    }


def _query(values: Values, value: Any, key: str) -> str:
    text: str = values.filled(values.typed(value, key, str), key)
    if problem := parse(text, {}).message:
        # In a list it would be searched as text; here it is refused.
        problem = problem.replace("; searched as text", "")
        if not parse(text).message:
            raise values.mistake(problem, key, "a view is a person's own: write out what it asks for, or quote it")
        raise values.mistake(problem, key, "`?` in the browser tells what a query may say")
    return text


def _count(values: Values, value: Any, key: str) -> int:
    number: int = values.typed(value, key, int)
    if number < 1:
        raise values.mistake(f"{number} is less than 1", key, "give a whole number from 1 on")
    return number


def _minimum(values: Values, value: Any, key: str) -> int:
    number: int = values.typed(value, key, int)
    if number < 0:
        raise values.mistake(f"{number} is less than 0", key, "give a whole number from 0 on")
    return number


def _amount(read: Callable[[str], float]) -> Callable[[Values, Any, str], str]:
    def check(values: Values, value: Any, key: str) -> str:
        text: str = values.filled(values.typed(value, key, str), key)
        try:
            positive = read(text) > 0
        except ValueError as error:
            raise values.mistake(f"{shown(value)} cannot be read", key, str(error)) from error
        if not positive:
            raise values.mistake(f"{shown(value)} is nothing", key, "give more than zero")
        return text

    return check


_span, _size = _amount(seconds_of), _amount(bytes_of)
_READ: dict[str, Callable[[Values, Any, str], Any]] = {
    "budgets": _budgets,
    "retention": _retention,
    "minimum": _minimum,
    "max_size": _size,
    "max_runs": _count,
    "trash_for": _span,
    "every": _span,
}
