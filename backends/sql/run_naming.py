"""Which run a person means: its id, a beginning or end of one, a name; and what may be meant where it is none."""

from collections.abc import Sequence
from difflib import get_close_matches

from sqlalchemy import Connection, select, union

from ...core.errors import Conflict, no_run
from ...core.query.query import EVERYTHING, Query
from .dialects import ending
from .run_queries import TOP, conditions, values
from .run_rows import AnySelect
from .tables import runs

_MANY = 5
"""Ambiguous ids that are named."""
_SPELLED = str.maketrans("ilo", "110")
"""An id as somebody reads it from a screen or a letter: it has none of these letters (github.com/ulid/spec)."""
_TOLD = 4
"""Signs of what another program calls a run, at least: fewer are a beginning of many."""
_TELLING, _LOOKED_AT = 11, 50
"""Signs of an id that few others share; and ids and names that are compared with what was typed."""


def resolve(connection: Connection, text: str, within: Query = EVERYTHING) -> str:
    """The id of the one run that a text means; see `RunRepository.resolve`."""
    if not text:
        raise no_run(text)
    wanted = select(runs.c.id).where(*conditions(within))
    if connection.execute(wanted.where(runs.c.id == text)).first() is not None:
        return text
    found = _first(connection, _beginning(wanted, text), _ending(wanted, text), wanted.where(runs.c.name == text))
    spelled = text.lower().translate(_SPELLED)
    if not found and spelled != text:
        found = _first(connection, _beginning(wanted, spelled), _ending(wanted, spelled))
    if not found:
        raise no_run(text, _near(connection, wanted, text, within))
    if len(found) > 1:
        more = " …" if len(found) > _MANY else ""
        raise Conflict(
            f"{text[:60]!r} means several runs: {', '.join(found[:_MANY])}{more}", advice="give more of the id"
        )
    return found[0]


def foreign(connection: Connection, text: str, within: Query) -> Sequence[str]:
    """The ids of runs by what another program calls them, or by its beginning. Costs a look at all of a source's."""
    if len(text) < _TOLD:
        return []
    told = runs.c.source_id
    wanted = select(runs.c.id).where(*conditions(within), told >= text, told < text + TOP)
    exact = connection.execute(wanted.where(told == text)).scalars().all()
    return exact or _first(connection, wanted)


def _near(connection: Connection, wanted: AnySelect, text: str, within: Query) -> list[str]:
    """Ids of which one half is right, and names that begin alike. Costs what `resolve` does, and some seeks."""
    half, ids = len(text) // 2, list[str]()
    if half >= _TELLING:
        ids += _first(connection, _beginning(wanted, text[:half]), _ending(wanted, text[half:]), limit=_LOOKED_AT)
    return nearest(text, ids + values(connection, "name", text[:2], _LOOKED_AT, within))


def nearest(text: str, names: Sequence[str]) -> list[str]:
    """Of ids and names the few that may be meant by a text, the nearest first."""
    return get_close_matches(text, names, 3, 0.75)


def _beginning(wanted: AnySelect, text: str) -> AnySelect:
    return wanted.where(runs.c.id >= text, runs.c.id < text + TOP)


def _ending(wanted: AnySelect, text: str) -> AnySelect:
    return wanted.where(ending(runs.c.id, len(text)) == text)


def _first(connection: Connection, *found: AnySelect, limit: int = _MANY + 1) -> Sequence[str]:
    return connection.execute(union(*found).order_by("id").limit(limit)).scalars().all()
