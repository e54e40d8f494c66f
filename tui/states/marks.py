"""The states that are marked to be compared: they stay marked while one goes from run to run."""

from typing import NamedTuple
from weakref import WeakKeyDictionary

from ...core.store import Store


class Mark(NamedTuple):
    """A marked state."""

    checkpoint: str
    run: str


class StateMarks:
    """At most two marks; a third one takes the place of the oldest. For one thread."""

    def __init__(self) -> None:
        self.all: tuple[Mark, ...] = ()

    @property
    def checkpoints(self) -> list[str]:
        """What is marked, in the order in which it was."""
        return [mark.checkpoint for mark in self.all]

    def toggle(self, mark: Mark) -> None:
        """Marks a state, or takes its mark off."""
        self.all = tuple(one for one in self.all if one != mark) if mark in self.all else (*self.all[-1:], mark)

    def clear(self) -> None:
        """Nothing is marked any more."""
        self.all = ()

    def compared(self, run: str) -> tuple[Mark, Mark] | None:
        """The two states that are compared where this run is shown; None if there are not two, or none is of it."""
        if len(self.all) != 2 or all(mark.run != run for mark in self.all):
            return None
        return self.all[0], self.all[1]


def marks_of(store: Store) -> StateMarks:
    """The marks in a store, as long as it is open."""
    return _marks.setdefault(store, StateMarks())


_marks: WeakKeyDictionary[Store, StateMarks] = WeakKeyDictionary()
