"""Which lines of a list a person has marked: what they are known by, or everything that the filter shows."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Marks(Generic[K]):
    """A set of ids, or all of the list but some: marking a million costs what marking one does."""

    def __init__(self) -> None:
        self.all = False
        """Whether it is everything the filter shows, without `ids`."""
        self.ids: set[K] = set()
        """The marked ids; where `all` is set, the ids that are not."""
        self.revision = 0
        """Another one after each change."""
        self._last: K | None = None

    def __contains__(self, id: object) -> bool:
        return (id in self.ids) is not self.all

    def count(self, total: int) -> int:
        """How many are marked in a list of that length."""
        return max(total - len(self.ids), 0) if self.all else len(self.ids)

    @property
    def start(self) -> K | None:
        """Where a range begins: what was marked last by itself, if it still is."""
        return self._last if self._last in self else None

    def put(self, id: K, marked: bool) -> None:
        """Marks or unmarks one."""
        self.revision += 1
        self._last = id
        (self.ids.add if marked is not self.all else self.ids.discard)(id)

    def put_all(self, ids: Iterable[K]) -> None:
        """Marks all of these."""
        self.revision += 1
        (self.ids.difference_update if self.all else self.ids.update)(ids)

    def everything(self) -> None:
        """Marks whatever the filter shows, also what comes later."""
        self.revision += 1
        self.all, self.ids = True, set()

    def clear(self) -> None:
        """Unmarks all."""
        self.revision += 1
        self.all, self.ids = False, set()

    def forget(self, removed: Iterable[K]) -> None:
        """What is gone is no longer marked, nor left out."""
        if gone := self.ids.intersection(removed):
            self.revision += 1
            self.ids -= gone
