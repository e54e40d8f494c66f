"""What runs come to."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from ..metrics import NEWEST, Comparison, Ended, Pattern, Reported, compared
from ..query.query import EVERYTHING, Query
from ..workflows import Outcome


class MetricsRepository(ABC):
    """What runs come to, over many of them: derived, and rebuilt at need (but for the patterns).

    Summaries equal what the events say, at every moment: a run is counted when it has ended, once, and again from
    anew when it wakes up or its prices come later. They are kept sums; `within` a query they are made from the runs
    that match, and cost these. A day is that (UTC) on which runs ended.
    """

    @abstractmethod
    def summary(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> Outcome:
        """Outcome of the finished runs of a workflow, or of one version, that match a query."""

    @abstractmethod
    def outcomes(self, workflow: str, within: Query = EVERYTHING) -> list[Outcome]:
        """Outcome per version that has runs that match, by version; of runs without a version first."""

    @abstractmethod
    def trends(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, days: int = 30
    ) -> list[Outcome]:
        """Outcome per day, oldest first: the last `days` days on which runs ended. Costs the runs of these days."""

    @abstractmethod
    def spread(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> dict[int, int]:
        """How many finished runs took about how long: runs by class of duration (`core.numbers.durations`)."""

    @abstractmethod
    def durations(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, span: int
    ) -> list[float]:
        """Seconds of the finished runs in one class of duration, ascending; costs these runs."""

    @abstractmethod
    def newest(
        self, workflow: str, version: int | None, within: Query = EVERYTHING, *, limit: int = NEWEST
    ) -> list[Ended]:
        """The finished runs of a version (None: without one) that began last, newest first, with their numbers."""

    @abstractmethod
    def reported(self, workflow: str, within: Query = EVERYTHING) -> list[Reported]:
        """What finished runs reported: by version (of none first), then by name. Costs the values there are."""

    def compare(self, workflow: str, versions: Sequence[int | None], within: Query = EVERYTHING) -> list[Comparison]:
        """Each of the versions after the first against the first: differences with 95 % intervals, methods named.

        Without five runs on both sides there is no interval, and `too_few` says so. Costs at most `NEWEST`
        runs of each version.
        """
        sides = [
            (self._outcome(workflow, version, within), self.newest(workflow, version, within)) for version in versions
        ]
        return [compared(*side, *sides[0]) for side in sides[1:]]

    def against_parent(self, workflow: str, version: int, parent: int | None) -> Comparison:
        """A version against its parent, or without one against nothing (`against` is None); costs as `compare`."""
        if parent is not None:
            return self.compare(workflow, [parent, version])[0]
        nothing = Outcome(workflow=workflow, version=None, runs=0)
        return compared(self.summary(workflow, version), self.newest(workflow, version), nothing, ())

    def _outcome(self, workflow: str, version: int | None, within: Query) -> Outcome:
        if version is not None:
            return self.summary(workflow, version, within)
        without = (outcome for outcome in self.outcomes(workflow, within) if outcome.version is None)
        return next(without, Outcome(workflow=workflow, version=None, runs=0))

    @abstractmethod
    def record_pattern(self, pattern: Pattern) -> None:
        """Adds an observation; one of the same workflow and name is merged (counts added, evidence joined).

        StorageError for what is no pattern: a count that is no whole number, evidence that is no tuple of ids.
        """

    @abstractmethod
    def patterns(self, workflow: str) -> list[Pattern]:
        """Patterns of a workflow, most frequent first."""
