"""The transcripts of a folder as files."""

import shlex
from collections.abc import Callable, Iterator

from ....core.feed import Watch
from ....core.repositories.upkeep import WEEK_S
from ....core.text import safe_text
from ....core.upkeep import Finding, Removal
from .clearing import removals
from .index import TranscriptIndex


class TranscriptFiles:
    """See `ForeignFiles`. Thread-safe."""

    def __init__(self, index: TranscriptIndex) -> None:
        self._index = index

    def sizes(self) -> dict[str, int]:
        """Bytes of all transcripts together."""
        return {"transcripts": self._index.size_bytes()}

    def findings(self) -> Iterator[Finding]:
        """Files that cannot be read, and those that go soon; what is wrong with a line is told as damage of its run."""
        for path, why in self._index.unreadable().items():
            yield Finding(
                severity="warning",
                kind="unreadable-transcript",
                what=f"a transcript cannot be read: {why}",
                where=path,
                advice="see that it is whole, and that you may read it",
            )

        for removal in self.removals(None, WEEK_S):
            runs = f"{removal.runs:,} run{'s' if removal.runs > 1 else ''}"
            yield Finding(
                severity="note",
                kind="removed-soon",
                what=f"{removal.by} removes {runs} within a week, {removal.rule}",
                where=str(self._index.path),
                advice=f"`flightlog --data {shlex.quote(safe_text(str(self._index.path)))} backup TO` keeps them",
            )

    def removals(self, run: str | None, within_s: float) -> list[Removal]:
        """As `UpkeepRepository.removals`."""
        return removals(self._index, run, within_s)

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Watches the folders in which something was written of late; the others are walked through now and then."""
        from ...watching.store_watch import StoreWatch

        index = self._index
        return StoreWatch(
            on_change,
            folders=index.folders,
            version=lambda: index.portions,
            problem=lambda: "" if index.folder.is_there() else "the transcripts are gone",
        )
