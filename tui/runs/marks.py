"""Which runs a person has marked: ids, or everything that the filter shows."""

from collections.abc import Iterable


class Marks:
    """A set of run ids, or all runs of the list but some: marking a million costs what marking one does."""

    def __init__(self) -> None:
        self.all = False
        """Whether it is everything the filter shows, without `ids`."""
        self.ids: set[str] = set()
        """The marked ids; where `all` is set, the ids that are not."""
        self.revision = 0
        """Another one after each change."""

    def __contains__(self, run: object) -> bool:
        return (run in self.ids) is not self.all

    def count(self, total: int) -> int:
        """How many are marked in a list of that length."""
        return max(total - len(self.ids), 0) if self.all else len(self.ids)

    def put(self, run: str, marked: bool) -> None:
        """Marks or unmarks one run."""
        self.revision += 1
        (self.ids.add if marked is not self.all else self.ids.discard)(run)

    def put_all(self, runs: Iterable[str]) -> None:
        """Marks all of these."""
        self.revision += 1
        (self.ids.difference_update if self.all else self.ids.update)(runs)

    def everything(self) -> None:
        """Marks whatever the filter shows, also what comes later."""
        self.revision += 1
        self.all, self.ids = True, set()

    def clear(self) -> None:
        """Unmarks all."""
        self.revision += 1
        self.all, self.ids = False, set()

    def forget(self, removed: tuple[str, ...]) -> None:
        """Runs that are gone are no longer marked, nor left out."""
        if not self.ids.isdisjoint(removed):
            self.revision += 1
            self.ids.difference_update(removed)
