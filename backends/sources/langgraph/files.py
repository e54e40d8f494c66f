"""The files of a LangGraph database as they lie there."""

from collections.abc import Callable, Iterator

from ....core.feed import Watch
from ....core.upkeep import Finding, Removal
from ...file_sizes import bytes_below
from .original import Original


class LangGraphFiles:
    """The database and its log. Thread-safe."""

    def __init__(self, original: Original) -> None:
        self._original = original

    def sizes(self) -> dict[str, int]:
        """Bytes of the database, and of its log."""
        path = self._original.path
        return {"database": bytes_below(path), "wal": bytes_below(f"{path}-wal")}

    def findings(self) -> Iterator[Finding]:
        """That a log was copied without what belongs to it."""
        state = self._original.state()
        if state.wal and not state.shm:
            yield Finding(
                severity="note",
                kind="copied-log",
                what="a -wal without its -shm: a private copy is read",
                where=str(self._original.path),
                advice="open the database once with sqlite3 to tidy it up",
            )

    def removals(self, run: str | None, within_s: float) -> list[Removal]:
        """LangGraph removes nothing by itself."""
        return []

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Watches the folder of the database."""
        from ...watching.store_watch import StoreWatch

        original = self._original
        return StoreWatch(
            on_change,
            folders=lambda: [original.path.parent],
            problem=lambda: "" if original.state().main else "the database is gone",
            version=lambda: hash(original.state()),
        )
