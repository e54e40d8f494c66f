"""The query language as an SQL condition over the table `runs`; means what `Query.matches` means.

Columns come from the keys' table and from here, never from what was typed; values are always bound.
A condition is never NULL, so that its negation is its opposite.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, case, exists, false, func, not_, or_, select, true

from ...core.log_words import phrase
from ...core.query.query import Query
from ...core.query.query_keys import KEYS, STATUS_SETS, Key
from ...core.query.query_match import ACTIVE, SIGNS, since, turned
from ...core.query.query_nodes import And, Node, Not, Term
from ...core.query.query_values import (
    AMOUNTS,
    At,
    at,
    days_of_call,
    glob_containing,
    glob_equal,
    glob_literal,
    glob_shaped,
    limits,
)
from ...core.text import fold
from ...core.units import number_of
from .dialects import contains, ending, globbed, listed, members, number
from .globs import ODD
from .log_words import holding
from .tables import costs, metrics, notes, run_bodies, run_tags, runs, steps

Clause = ColumnElement[bool]


class Indexed(Term, frozen=True, tag=True):
    """What is asked of log text, where the index of words has every entry."""

    rare: bool = False
    """Whether so few entries have the words that whoever looks for the runs begins with these."""


class Known(Term, frozen=True, tag=True):
    """Runs that were found otherwise, by their ids: bound as one value, however many there are."""


def is_exact(term: Term) -> bool:
    """Whether the condition of a term that asks for log text says all of it: where words stand, it cannot know."""
    return isinstance(term, Indexed) and all(phrase(value).is_exact for value in term.values)


def where(query: Query, now: datetime | None = None) -> Clause:
    """The condition that a run matches at a moment (None: now).

    What a query asks of log text (`Query.log_terms`) is taken as fulfilled, but for what `Indexed` terms know.
    """
    return _clause(query.root, at(now))


def _clause(node: Node, moment: At) -> Clause:
    if isinstance(node, Term):
        return _term(node, moment)
    if isinstance(node, Not):
        # What words do not decide is asked elsewhere, also its absence.
        unknown = isinstance(node.part, Term) and node.part.key == "log" and not is_exact(node.part)
        return true() if unknown else not_(_clause(node.part, moment))
    parts = [_clause(part, moment) for part in node.parts]
    return and_(true(), *parts) if isinstance(node, And) else or_(false(), *parts)


def _term(term: Term, moment: At) -> Clause:
    if isinstance(term, Known):
        return runs.c.id.in_(select(listed(term.values).c.text))
    if not term.key:
        return _any(_word(value) for value in term.values)
    if term.key == "log":
        asked = [phrase(value) for value in term.values]
        known = isinstance(term, Indexed) and all(wanted.phrases for wanted in asked)
        return _any(map(holding, asked)) if known else true()
    key = KEYS[term.key]
    if key.name == "status":
        names = sorted({name for value in term.values for name in STATUS_SETS.get(value, (value,))})
        return runs.c.status.in_(names)
    if key.kind == "id":
        return _ids(key, term)
    rule = _SPECIAL.get(key.name) or _KINDS[key.kind]
    return _any(rule(key, term, value, moment) for value in term.values or ("",))


def _any(clauses: Any) -> Clause:
    return or_(false(), *clauses)


def _word(value: str) -> Clause:
    return _has_row(run_bodies, contains(run_bodies.c.words, fold(value)))


# --- one rule a kind ------------------------------------------------------------------------------------


def _text(key: Key, term: Term, value: str, moment: At) -> Clause:
    glob = glob_equal(value) if term.sign == "=" else glob_containing(value)
    if key.name == "step":
        return _has_row(steps, globbed(steps.c.name, glob))
    if key.name == "step_error":
        return _has_row(steps, steps.c.error != "", globbed(steps.c.error, glob))
    if key.name == "note":
        return _has_row(notes, globbed(notes.c.text, glob))
    return globbed(runs.c[key.name], glob)


def _has_row(table: Table, *conditions: Clause) -> Clause:
    """Whether a run has such a row. Of the statement around it only `runs` is meant: one that sums up calls has the
    calls' own table too, and not each of these is asked but whether there is one at all.
    """
    return exists(select(1).select_from(table).where(table.c.run == runs.c.id, *conditions).correlate(runs))


_MANY: dict[str, tuple[Column[str], ...]] = {
    "model": (costs.c.model,),
    "agent": (steps.c.agent, costs.c.agent),
    "tag": (run_tags.c.tag,),
}


def _name(key: Key, term: Term, value: str, moment: At) -> Clause:
    if columns := _MANY.get(key.name):
        if not value:
            return and_(*(not_(_has_row(column.table, column != "")) for column in columns))
        return or_(*(_has_row(column.table, column != "", _named(column, term, value)) for column in columns))
    column = runs.c[key.field or key.name]
    if not value:
        return func.coalesce(column, "") == ""
    condition = and_(column != "", _named(column, term, value))
    return and_(column.is_not(None), condition) if column.nullable else condition


def _named(column: ColumnElement[Any], term: Term, value: str) -> Clause:
    return column == value if term.sign == "=" or "*" not in value else globbed(column, glob_shaped(value))


def _ids(key: Key, term: Term) -> Clause:
    """All values at once, by their length: many ids are asked for in one expression that stays flat."""
    columns = (runs.c.parent,) if key.name == "parent" else (runs.c.id, runs.c.source_id)
    given = [func.coalesce(column, "") for column in columns]
    forms = sorted({form for value in term.values if value for form in (value, value.lower())})
    found = [and_(*(text == "" for text in given))] if "" in term.values else []
    if term.sign == "=":
        return or_(*found, *(text.in_(forms) for text in given))
    odd = [form for form in forms if ODD.search(form)]
    for form in map(glob_literal, odd):
        found += [globbed(text, pattern) for text in given for pattern in (f"{form}*", f"*{form}")]
    forms = sorted(set(forms) - set(odd))
    for size in sorted({len(form) for form in forms}):
        wanted = [form for form in forms if len(form) == size]
        for text in given:
            found += [func.substr(text, 1, size).in_(wanted), ending(text, size).in_(wanted)]
    return _any(found)


def _amount(key: Key, term: Term, value: str, moment: At) -> Clause:
    column = runs.c[key.field or key.name]
    return _known(column, SIGNS[term.sign](column, AMOUNTS[key.kind](value)))


def _known(column: Column[Any], *conditions: Clause) -> Clause:
    """Conditions on a column, false where this is NULL."""
    return and_(column.is_not(None), *conditions) if column.nullable else and_(*conditions)


def _time(key: Key, term: Term, value: str, moment: At) -> Clause:
    column = runs.c[key.field or key.name]
    bounds = limits(key, term.sign, value, moment)
    return and_(column.is_not(None), column != "", *(SIGNS[sign](column, bound) for sign, bound in bounds))


def _flag(key: Key, term: Term, value: str, moment: At) -> Clause:
    return {
        "lost": runs.c.status == "lost",
        "damaged": runs.c.damaged > 0,
        "pinned": runs.c.pinned.is_(True),
        "archived": runs.c.archived.is_(True),
    }[key.name]


# --- keys with a rule of their own ----------------------------------------------------------------------


def _took(key: Key, term: Term, value: str, moment: At) -> Clause:
    seconds = AMOUNTS["took"](value)
    goes_on = and_(
        runs.c.took.is_(None),
        or_(runs.c.finished.is_(None), runs.c.finished == ""),
        runs.c.started.is_not(None),
        runs.c.started != "",
    )
    so_far = SIGNS[turned(term.sign)](runs.c.started, since(seconds, moment))
    ended = and_(runs.c.took.is_not(None), SIGNS[term.sign](runs.c.took, seconds))
    return or_(ended, and_(goes_on, runs.c.status.in_(sorted(ACTIVE)), so_far))


def _cost(key: Key, term: Term, value: str, moment: At) -> Clause:
    certain = true() if term.sign in (">", ">=") else runs.c.calls_unknown == 0
    return and_(runs.c.nanousd.is_not(None), certain, SIGNS[term.sign](runs.c.nanousd, AMOUNTS["money"](value)))


def _price(key: Key, term: Term, value: str, moment: At) -> Clause:
    recorded, computed = runs.c.calls_recorded > 0, runs.c.calls_computed > 0
    provenance = case(
        (runs.c.calls_unknown > 0, "unknown"),
        (and_(recorded, computed), "mixed"),
        (recorded, "recorded"),
        (computed, "computed"),
        else_="none",
    )
    return provenance == value


def _metric(key: Key, term: Term, value: str, moment: At) -> Clause:
    return _has_row(metrics, metrics.c.name == term.name, SIGNS[term.sign](metrics.c.value, number_of(value)))


def _meta(key: Key, term: Term, value: str, moment: At) -> Clause:
    """The member is found by its name as a bound value: a path would have to be built from what was typed."""
    member = members(run_bodies.c.meta, "member")
    conditions = _member(member, term, value)
    named = and_(member.c.key == term.name, conditions)
    of_run = select(1).select_from(run_bodies).join(member, true()).where(run_bodies.c.run == runs.c.id, named)
    return exists(of_run.correlate(runs))


def _member(member: Any, term: Term, value: str) -> Clause:
    is_number = member.c.type.in_(("integer", "real"))
    if term.sign not in (":", "="):
        return and_(is_number, SIGNS[term.sign](number(member), number_of(value)))
    ways = [and_(member.c.type == "text", _named(member.c.atom, term, value))]
    if value in ("null", "true", "false"):
        ways.append(member.c.type == value)
    with suppress(ValueError):  # text that no number can equal
        ways.append(and_(is_number, number(member) == number_of(value)))
    return or_(*ways)


def _call(key: Key, term: Term, value: str, moment: At) -> Clause:
    """The calls of a day are sought by their time: there are fewer of these than runs."""
    if term.name != "day":
        return _has_row(costs, _named(costs.c[term.name], term, value))
    made = costs.c.t
    bounds = (SIGNS[sign](made, bound) for sign, bound in days_of_call(term, value, moment))
    of_days = select(costs.c.run).where(*([made != ""] if value else []), *bounds)
    return runs.c.id.in_(of_days.correlate(None))


def _has(key: Key, term: Term, value: str, moment: At) -> Clause:
    return _HAVING[value]()


_HAVING: dict[str, Callable[[], Clause]] = {
    "checkpoint": lambda: runs.c.checkpoints > 0,
    "approval": lambda: runs.c.approvals > 0,
    "error": lambda: or_(runs.c.error != "", runs.c.errors > 0),
    "cost": lambda: runs.c.calls_recorded + runs.c.calls_computed + runs.c.calls_unknown > 0,
    "artifact": lambda: runs.c.artifacts > 0,
    "item": lambda: runs.c["items"] > 0,
    "message": lambda: runs.c.messages > 0,
    "note": lambda: runs.c.notes > 0,
    "tag": lambda: _has_row(run_tags),
    "log": lambda: runs.c.logs > 0,
    "warning": lambda: runs.c.warnings > 0,
    "step": lambda: runs.c.steps > 0,
    "metric": lambda: _has_row(metrics),
    "parent": lambda: func.coalesce(runs.c.parent, "") != "",
    "session": lambda: func.coalesce(runs.c.session, "") != "",
    "project": lambda: func.coalesce(runs.c.project, "") != "",
}

_Rule = Callable[[Key, Term, str, At], Clause]

_KINDS: dict[str, _Rule] = {
    "text": _text,
    "name": _name,
    "count": _amount,
    "size": _amount,
    "time": _time,
    "flag": _flag,
    "call": _call,
}
_SPECIAL: dict[str, _Rule] = {
    "took": _took,
    "cost": _cost,
    "price": _price,
    "metric": _metric,
    "meta": _meta,
    "has": _has,
}
