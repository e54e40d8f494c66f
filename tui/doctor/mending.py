"""Looking for what is wrong, and putting it right: what the screen and the command line both do, in any thread."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ...core.errors import FlightlogError, Stopped, StorageError
from ...core.progress import counted, go_on
from ...core.store import Store
from ...core.upkeep import Finding


class Mended(NamedTuple):
    """What came of one finding."""

    finding: Finding
    done: str = ""
    """What was done, as a clause."""
    failed: str = ""
    """Why nothing was."""


def mended(store: Store, finding: Finding) -> Mended:
    """Puts one finding right. What is one piece comes to its end, whoever asks that it be stopped; what goes from run
    to run is Stopped between two, and what it did is done; a big journal is Stopped anywhere, and is as it was.
    """
    try:
        return Mended(finding, done=store.upkeep.repair(finding))
    except StorageError as error:
        return Mended(finding, failed=str(error))


def all_mended(store: Store, curable: Sequence[Finding]) -> list[Mended]:
    """Puts these right, one after the other; fewer come back if it was stopped between two of them."""
    results: list[Mended] = []
    try:
        for finding in counted(curable, len(curable), "putting right"):
            results.append(mended(store, finding))
    except Stopped:
        pass  # what is put right stays so
    return results


def look(store: Store | None, open_store: Callable[[], Store], found: list[Finding]) -> bool:
    """Adds to `found` whatever is wrong as soon as it is known; False if it was stopped before it had seen all.

    A store that is not open is opened for it: that it cannot be is what is found.
    """
    try:
        for finding in _findings(store, open_store):
            found.append(finding)
            go_on()
    except Stopped:
        return False
    return True


def _findings(store: Store | None, open_store: Callable[[], Store]) -> Iterator[Finding]:
    if store is not None:
        yield from store.upkeep.check()
        return
    try:
        own = open_store()
    except FlightlogError as error:
        yield Finding(
            severity="error", kind="unreadable", what=error.what, where=error.where or "", advice=error.advice
        )
        return
    with own:
        yield from own.upkeep.check()
