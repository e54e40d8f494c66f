"""Which operation is meant when something is to be taken back."""

from .errors import Conflict, NotFound
from .operations import Operation
from .pages import each
from .repositories import UpkeepRepository

_LOOKED_AT = 1000
"""Among so many of the newest operations one is looked for."""


def newest_reversible(upkeep: UpkeepRepository) -> Operation:
    """The newest operation of which something can be taken back; NotFound. Costs what lies in the trash, at most."""
    for one in upkeep.operations(limit=_LOOKED_AT).items:
        if one.reversible and (one.kind != "trash" or _lies_there(upkeep, one.id)):
            return one
    raise NotFound("there is nothing to be taken back", advice="`flightlog audit` tells what was done")


def _lies_there(upkeep: UpkeepRepository, operation: str) -> bool:
    """Whether anything that an operation removed is still in the trash."""
    return any(one.operation == operation for one in each(lambda after: upkeep.trashed(limit=1000, after=after)))


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
