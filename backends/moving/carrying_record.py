"""What was done with the runs of a store, told in the store that they are carried to; there it cannot be taken back."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import islice

from ...core.errors import NotFound
from ...core.operations import Done, Operation, Order
from ...core.pages import each
from ...core.progress import heard
from ..operations.record import Act, Elsewhere, Held, Intent, Record
from ..operations.targets import to_take_back
from .ends import End

_AT_ONCE = 500


def carry_record(one: End, other: End) -> int:
    """Carries the operations that the second end does not tell of as the first does; how many these are. StorageError.

    Cut off, it is done again, and goes on.
    """
    source, target = one.truth.record, other.truth.record
    if source is None or target is None:
        return 0
    known = {operation.id: operation for operation in each(lambda after: target.operations(1000, after))}
    news = (operation for operation in source.history() if _is_new(operation, known.get(operation.id)))
    count = 0
    while some := list(islice(heard(news), _AT_ONCE)):
        # In a database a transaction for each would cost more than all the rest.
        with target.hold() as held, other.truth.database.write() if other.truth.layout.spooled else nullcontext():
            for operation in some:
                was = Elsewhere(operation.at, operation.elsewhere or one.place, operation.id not in known)
                _tell(held, operation, source, was)
        count += len(some)
    return count


def _is_new(operation: Operation, known: Operation | None) -> bool:
    """What was done in the second end itself, which is moved back to, is told there."""
    return known is None or (bool(known.elsewhere) and _sums(known) != _sums(operation))


def _sums(operation: Operation) -> Sequence[object]:
    return operation.done, operation.skipped, operation.failed, operation.unfinished


def _tell(held: Held, operation: Operation, source: Record, was: Elsewhere) -> None:
    order = Order(id=operation.id, by=operation.by, why=operation.why)
    known, acts = held.begin(order, operation.kind, operation.of, was), _acts(operation, source)
    for done in operation.runs:
        if known.get(done.run) != done:
            _tell_run(held, order.id, "copy" if done.copy_of else acts.get(done.run, "restore"), done)
    held.end(order.id, whole=not operation.unfinished)


def _tell_run(held: Held, operation: str, act: Act, done: Done) -> None:
    held.tell(Intent(operation=operation, run=done.run, act=act, of=done.copy_of, rule=done.rule), done)


def _acts(operation: Operation, source: Record) -> Mapping[str, Act]:
    """What was done with each run."""
    if operation.kind == "policy":
        return {}
    if operation.kind != "undo":
        act: Act = operation.kind
        return {done.run: act for done in operation.runs}
    try:
        return {target.chosen.run: target.act for target in to_take_back(source.operation(operation.of))}
    except NotFound:
        return {}
