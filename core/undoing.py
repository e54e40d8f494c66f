"""Which operation is meant when something is to be taken back."""

from itertools import islice, takewhile

from .errors import Conflict, NotFound
from .operations import Operation
from .pages import each
from .repositories import UpkeepRepository

_LOOKED_AT, _AT_ONCE = 1000, 100
"""Among so many of the newest operations one is looked for; so many are read with one question."""


def to_take_back(upkeep: UpkeepRepository, text: str | None = None) -> Operation:
    """The operation of an id, or of the beginning or end of one; None is the newest of which something can be taken
    back. NotFound; Conflict if several are called so.
    """
    found = operation_named(upkeep, text) if text else newest_reversible(upkeep)
    if found is None:
        raise NotFound("there is nothing to be taken back", advice="`flightlog audit` tells what was done")
    return found


def newest_reversible(upkeep: UpkeepRepository) -> Operation | None:
    """The newest operation of which something can be taken back; None if there is none. Costs those after it."""
    recent = islice(each(lambda after: upkeep.operations(limit=_AT_ONCE, after=after)), _LOOKED_AT)
    return next((one for one in recent if one.reversible and (one.kind != "trash" or _lies_there(upkeep, one))), None)


def _lies_there(upkeep: UpkeepRepository, operation: Operation) -> bool:
    """Whether anything that an operation removed is still in the trash, where the newest lies first."""
    lies = each(lambda after: upkeep.trashed(limit=1, after=after))
    since = takewhile(lambda one: one.at >= operation.at or one.operation >= operation.id, lies)
    return any(one.operation == operation.id for one in since)


def operation_named(upkeep: UpkeepRepository, text: str) -> Operation:
    """The operation of an id, or of the beginning or the end of one; NotFound, Conflict if there are several."""
    try:
        return upkeep.operation(text)
    except NotFound:
        wanted = text.lower()
        recent = upkeep.operations(limit=_LOOKED_AT).items
        found = [one for one in recent if one.id.startswith(wanted) or one.id.endswith(wanted)]
        if len(found) > 1:
            names = ", ".join(one.id for one in found[:5])
            raise Conflict(
                f"several operations begin or end with {text[:40]!r}", advice=f"say which: {names}"
            ) from None
        if not found:
            raise
        return found[0]
