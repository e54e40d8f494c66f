"""What a query means: the reference that every engine's answer must equal."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..clock import between
from ..log_words import phrase
from ..runs import Run
from ..text import fold, words
from ..units import number_of, time_text
from .query_facts import Facts
from .query_keys import KEYS, STATUS_SETS, Key
from .query_nodes import And, Node, Not, Term
from .query_values import AMOUNTS, At, containing, days_of_call, limits, shaped

ACTIVE = STATUS_SETS["active"]
SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    ":": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def holds(node: Node, run: Run, facts: Facts, moment: At) -> bool:
    """Whether a run fulfils a query. A term about something unknown does not hold, its opposite does."""
    if isinstance(node, Term):
        return any(_holds(node, value, run, facts, moment) for value in node.values or ("",))
    if isinstance(node, Not):
        return not holds(node.part, run, facts, moment)
    together = all if isinstance(node, And) else any
    return together(holds(part, run, facts, moment) for part in node.parts)


def _holds(term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    if not term.key:
        return fold(value) in words_of(run, facts.steps, facts.notes)
    key = KEYS[term.key]
    if key.name == "meta":
        return _meta(term, value, run.meta)
    if key.name == "took":
        return _took(term.sign, value, run, moment)
    if key.name == "cost":
        return _cost(term.sign, value, run)
    return _KINDS[key.kind](key, term, value, run, facts, moment)


def words_of(run: Run, steps: Iterable[str], notes: Iterable[str]) -> str:
    """The text that bare words look in."""
    named = (run.id, run.source_id, run.name, run.workflow, run.objective, run.error)
    return words(*named, *steps, *run.tags, *notes)


def _text(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    texts = [text for text in _names(key, run, facts) if text is not None]
    found = containing(value)
    return any((found.fullmatch if term.sign == "=" else found.search)(text) for text in texts)


def _name(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    names = [name for name in _names(key, run, facts) if name]
    if not value:
        return not names
    if term.sign == "=":
        return value in names
    found = shaped(value)
    return any(found.fullmatch(name) for name in names)


def _names(key: Key, run: Run, facts: Facts) -> Sequence[str | None]:
    """What a key of names or text compares, each of which may be the one."""
    if key.name in ("step", "step_error", "note", "model", "agent"):
        names: Sequence[str] = getattr(facts, f"{key.name}s")
        return names
    return run.tags if key.name == "tag" else (getattr(run, key.field or key.name),)


def _id(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    ids = [text for text in ((run.parent,) if key.name == "parent" else (run.id, run.source_id)) if text]
    if not value:
        return not ids
    forms = (value, value.lower())
    if term.sign == "=":
        return any(text in forms for text in ids)
    return any(text.startswith(forms) or text.endswith(forms) for text in ids)


def _choice(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    if key.name == "has":
        return _has(value, run, facts)
    if key.name == "price":
        return run.money.provenance == value
    return run.status in STATUS_SETS.get(value, (value,))


def _has(what: str, run: Run, facts: Facts) -> bool:
    money = run.money
    counts: dict[str, object] = {
        "checkpoint": run.checkpoints,
        "approval": run.approvals,
        "error": run.error or run.errors,
        "cost": money.recorded or money.computed or money.unknown,
        "artifact": run.artifacts,
        "item": run.items,
        "message": run.messages,
        "note": run.notes,
        "tag": run.tags,
        "log": run.logs,
        "warning": run.warnings,
        "step": run.steps,
        "parent": run.parent,
        "session": run.session,
        "project": run.project,
    }
    return bool(facts.metrics if what == "metric" else counts[what])


def _amount(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    number = run.tokens.total if key.name == "tokens" else getattr(run, key.field or key.name)
    return number is not None and bool(SIGNS[term.sign](number, AMOUNTS[key.kind](value)))


def _number(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    wanted = number_of(value)
    return any(SIGNS[term.sign](number, wanted) for number in facts.metrics.get(term.name, ()))


def _time(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    text = getattr(run, key.field or key.name)
    return bool(text) and all(SIGNS[sign](text, bound) for sign, bound in limits(key, term.sign, value, moment))


def _call(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    """One fact of one call, so that `""` is a call that names none."""
    if term.name == "day":
        bounds = days_of_call(term, value, moment)
        return any(
            all(SIGNS[sign](call.t, bound) for sign, bound in bounds) for call in facts.calls if call.t or not value
        )
    names = [getattr(call, term.name) for call in facts.calls]
    return value in names if term.sign == "=" else any(map(shaped(value).fullmatch, names))


def _flag(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    return run.status == "lost" if key.name == "lost" else bool(getattr(run, key.name))


def _log(key: Key, term: Term, value: str, run: Run, facts: Facts, moment: At) -> bool:
    wanted = phrase(value)
    return any(wanted.accepts(message) for message in facts.logs)


_KINDS: dict[str, Callable[[Key, Term, str, Run, Facts, At], bool]] = {
    "text": _text,
    "name": _name,
    "id": _id,
    "choice": _choice,
    "count": _amount,
    "size": _amount,
    "number": _number,
    "time": _time,
    "flag": _flag,
    "call": _call,
    "log": _log,
}


def _took(sign: str, value: str, run: Run, moment: At) -> bool:
    """A run that goes on has taken the time since it began; how long a lost one ran is not known."""
    seconds = AMOUNTS["took"](value)
    took = between(run.started, run.finished)
    if took is not None:
        return bool(SIGNS[sign](took, seconds))
    if run.finished or not run.started or run.status not in ACTIVE:
        return False
    return bool(SIGNS[turned(sign)](run.started, since(seconds, moment)))


def turned(sign: str) -> str:
    """The operator for a beginning where `sign` is the one for the time since then."""
    return {">": "<", ">=": "<=", "<": ">", "<=": ">="}.get(sign, sign)


def since(seconds: float, moment: At) -> str:
    """The time text of so many seconds ago."""
    try:
        return time_text(moment.now - timedelta(seconds=seconds))
    except OverflowError:
        return ""


def _cost(sign: str, value: str, run: Run) -> bool:
    """What is known was spent at least; that it is less can only be said where every price is known."""
    known = run.money.nanousd
    if known is None or (run.money.unknown and sign not in (">", ">=")):
        return False
    return bool(SIGNS[sign](known, AMOUNTS["money"](value)))


def _meta(term: Term, value: str, meta: Mapping[str, Any]) -> bool:
    """A member of the meta object: text by pattern, true false null by name, numbers as numbers."""
    if term.name not in meta:
        return False
    found = meta[term.name]
    if term.sign not in (":", "="):
        return _is_number(found) and bool(SIGNS[term.sign](found, number_of(value)))
    if isinstance(found, str):
        return found == value if term.sign == "=" else bool(shaped(value).fullmatch(found))
    if found is None or isinstance(found, bool):
        return value == {None: "null", True: "true", False: "false"}[found]
    try:
        return _is_number(found) and bool(found == number_of(value))
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
