"""The transcripts of a folder as files."""

from collections.abc import Callable, Iterator

from ....core.feed import Watch
from ....core.upkeep import Finding
from .index import TranscriptIndex


class TranscriptFiles:
    """See `ForeignFiles`. Thread-safe."""

    def __init__(self, index: TranscriptIndex) -> None:
        self._index = index

    def sizes(self) -> dict[str, int]:
        """Bytes of all transcripts together."""
        return {"transcripts": self._index.size_bytes()}

    def findings(self) -> Iterator[Finding]:
        """Files that cannot be read; what is wrong with a line is told as damage of its run."""
        for path, why in self._index.unreadable().items():
            yield Finding(
                severity="warning",
                kind="unreadable-transcript",
                what=f"a transcript cannot be read: {why}",
                where=path,
                advice="let it be read, or open what belongs to you",
            )

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Watches the folders in which something was written of late; the others are walked through now and then."""
        from ...watching.store_watch import StoreWatch

        index = self._index
        return StoreWatch(
            on_change,
            folders=index.folders,
            problem=lambda: "" if index.folder.is_there() else "the transcripts are gone",
        )
