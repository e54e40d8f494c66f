"""Follows a store with a mirror: what the feed names is carried, so that the cost is that of what is new.

There is no other way into a mirror: what was recorded while nobody followed it, or when somebody was
killed between an acknowledgement and the mirror, is what the feed names next.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...core.annotations import encode
from ...core.errors import Conflict, Corrupt, Locked, NotFound, StorageError
from ...core.feed import Changes
from ...core.progress import Progress
from ..data_directory import Root
from ..journal import annotations, disk
from ..journal.layout import Layout
from ..journal.reader import Broken
from ..replay.carrying import Carrier
from ..replay.versions import VersionCarrier
from ..workflows.workflow_files import FileWorkflows
from .bookmark import Bookmark, BookmarkFile
from .first import First
from .patterns import PatternCarrier

log = logging.getLogger("flightlog.mirror")

_AT_ONCE = 200
_SAVE_S = 5.0
_VERSIONS_S = 2.0


class Follower:
    """The one feeder of a mirror, in one thread."""

    def __init__(self, root: Path, held: BookmarkFile, first: First, progress: Progress) -> None:
        """`held` is the bookmark, taken; in `progress` it is told how many runs are fed of those that are to be."""
        self._progress = progress
        self._root, self._held, self._first = Root(root), held, first
        self._layout = Layout(root)
        self._versions = VersionCarrier(first.store.workflows, FileWorkflows(self._layout.workflows))
        self._patterns = PatternCarrier(first.store.metrics, self._layout.root / "metrics" / "patterns.jsonl")
        self._carrier = Carrier(first.truth.bodies, self._layout, durable=False)
        self._bookmark = self._where_it_was()
        self._there: Counter[bytes] | None = None
        self._left: dict[str, str] = {}
        self._touched: set[Path] = set()
        self._saved = self._versions_at = 0.0

    def _where_it_was(self) -> Bookmark:
        found, first, name = self._held.read(), self._first.truth.identity(), self._first.store.name
        found = found if found.first == first else Bookmark(first=first)
        found.of = name if "://" in name else os.path.abspath(name)
        return found

    @property
    def problem(self) -> str:
        """What of the first store cannot be read, and so not be mirrored; empty if nothing."""
        if not self._left:
            return self._versions.problem
        run, why = next(iter(self._left.items()))
        return f"{len(self._left)} runs cannot be mirrored, the first: {run}: {why}"

    def follow(self, stop: Callable[[], bool]) -> bool:
        """Carries all that is new and tells whether there was anything. StorageError, OSError: the mirror fails.

        After `stop()` it ends with the run at hand; what is left is found by whoever follows next.
        """
        self._root.check()
        try:
            moved = self._carry_runs(stop)
        finally:
            self._progress.end()
        if moved or self._there is None:
            moved |= self._carry_notes() > 0
        if time.monotonic() - self._versions_at > _VERSIONS_S:
            moved |= self._carry_by_hand()
            self._versions_at = time.monotonic()
        return moved

    def save(self) -> None:
        """Notes how far the mirror is, once that is on its disk."""
        self._root.check()
        if len(self._touched) > _AT_ONCE:
            os.sync()
        else:
            for path in self._touched:
                with suppress(FileNotFoundError):  # it was deleted in the store meanwhile, and so here
                    _sync(path)
        self._touched.clear()
        if not self._left:
            self._held.save(self._bookmark)
        self._saved = time.monotonic()

    def finish(self) -> None:
        """The end of following, whatever the pace."""
        self._carry_by_hand()
        self.save()

    def _carry_by_hand(self) -> bool:
        """What people and programs keep beside runs: versions and patterns, of which no feed tells."""
        return bool(self._versions.carry()) | self._patterns.carry()

    def _carry_runs(self, stop: Callable[[], bool]) -> bool:
        moved = False
        for run in list(self._left):
            moved |= self._carry(run)
        while not stop():
            changes = self._first.store.feed.changes(self._bookmark.cursor, limit=_AT_ONCE)
            self._expect(changes)
            for run in changes.changed:
                if stop():
                    return moved
                self._carry(run)
                self._progress.step()
            moved = moved or bool(changes.changed)
            self._bookmark.cursor = changes.cursor
            if moved and time.monotonic() - self._saved > _SAVE_S:
                self.save()
            if not changes.more:
                break
        return moved

    def _expect(self, changes: Changes) -> None:
        """Says how many runs are to come, these among them."""
        ahead = len(changes.changed)
        if changes.more:
            ahead = max(ahead, self._first.truth.changed_since(self._bookmark.cursor))
        at = self._progress.look()
        if at is not None:
            self._progress.expect(at.done + ahead)
        elif ahead:
            self._progress.begin(ahead)

    def _carry(self, run: str) -> bool:
        try:
            newest = self._first.truth.last_seq(run)
        except NotFound:
            newest = 0  # it was removed meanwhile
        except Locked:
            raise
        except StorageError as error:
            self._left[run] = str(error)
            return False
        self._left.pop(run, None)
        if newest <= self._carrier.written(run):
            return False
        self._root.check()  # so that a mirror which went is not begun anew where it was
        try:
            self._carrier.carry(run)
        except NotFound:
            return False  # it was removed meanwhile
        except (Conflict, Corrupt) as error:  # it is written there, or cannot be read here
            self._left[run] = str(error)
            return False
        self._touched |= {self._layout.journal(run), *filter(Path.exists, [self._layout.states(run)])}
        return True

    def _carry_notes(self) -> int:
        """Annotations that are new; what a feeder that was killed had added already is not added twice."""
        seen = self._bookmark.notes
        found, now = self._first.truth.newer(seen)
        if self._there is None or now.file != seen.file:
            noted = self._bookmark.noted if now.file == seen.file else 0
            self._there = self._behind(noted)
        path, carried = self._layout.annotations, 0
        for annotation in found:
            line = encode(annotation)
            if self._there[line]:
                self._there[line] -= 1
            else:
                annotations.append(path, annotation)
                carried += 1
        if carried or now != seen:
            self._bookmark.notes, self._bookmark.noted = now, path.stat().st_size if path.exists() else 0
            self._touched |= {path} if path.exists() else set()
        return carried

    def _behind(self, noted: int) -> Counter[bytes]:
        found = [line.annotation for line in annotations.read(self._layout.annotations, noted)]
        return Counter(encode(known) for known in found if known is not None and not isinstance(known, Broken))

    def close(self) -> None:
        """Lets go of the mirror and of the first store."""
        self._carrier.close()
        self._held.close()
        self._first.store.close()


def _sync(path: Path) -> None:
    fd = disk.open_read(path)
    try:
        disk.sync(fd)
    finally:
        os.close(fd)
