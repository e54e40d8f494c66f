"""The parts of a joined store: its own runs, and sources that may come and go without taking the rest along."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TypeVar

from ...core.config import Source
from ...core.errors import NotFound, StorageError, no_id, no_run
from ...core.forking import inherited
from ...core.progress import Progress, Standing
from ...core.store import Reading, Store
from ...core.text import safe_text
from ..journal.disk import storage_error

T = TypeVar("T")

AGAIN_S = 2.0
"""Seconds after which a source that could not be opened is tried again."""
_REMEMBERED = 10_000  # foreign runs of which is known where they are

_log = logging.getLogger("flightlog")


class Unread(StorageError):
    """A source cannot be read just now."""


class Part:
    """One source, opened at the first question. Thread-safe."""

    def __init__(self, source: Source) -> None:
        self.path = Path(source.path)
        self.problem = ""
        """Why its runs are not shown now, as the question says that was asked last of those that were answered; empty
        if they are shown.
        """
        self._questions, self._answered = count(1), 0
        self._failed: tuple[float, StorageError] | None = None
        self.in_child()
        inherited(self)

    def in_child(self) -> None:
        """It is not open: so a process begins."""
        self._store: Store | None = None
        self._lock, self._telling = threading.Lock(), threading.Lock()

    def reading(self) -> Reading:
        """What reads it; StorageError while it cannot be opened, which is tried again now and then."""
        with self._lock:
            if self._store is None:
                self._store = self._open()
            store = self._store
        return store.reading

    def catching_up(self) -> Standing | None:
        """How far its index is made, while it is; costs nothing."""
        store = self._store
        at = store.catching_up() if store is not None else None
        return at and at._replace(what=f"{at.what} of {safe_text(self.path.name, limit=60)}")

    def ask(self, question: Callable[[Reading], T]) -> T | None:
        """The answer, or None and a `problem` if there is none to be had: for questions about the whole of it."""
        number = self.number()
        try:
            answer = question(self.reading())
        except StorageError as error:
            self.note(error, number)
            return None
        self._tell("", number)
        return answer

    def find(self, question: Callable[[Reading], T]) -> T:
        """The answer to a question about one thing; NotFound if it is not there.

        Unread, and a `problem`, while nobody can tell.
        """
        number = self.number()
        try:
            reading = self.reading()
        except StorageError as error:
            raise self._unread(error, number) from error
        try:
            answer = question(reading)
        except NotFound as error:
            if not self.path.exists():
                raise self._unread(error, number) from error
            self._tell("", number)
            raise
        self._tell("", number)
        return answer

    def number(self) -> int:
        """Taken as a question begins: what comes of it tells nothing where one that began later was answered first."""
        return next(self._questions)

    def _unread(self, error: StorageError, number: int) -> Unread:
        self.note(error, number)
        what = f"source {self.path.name} cannot be read just now: {error.what}"
        return Unread(what, where=self.path, advice=error.advice)

    def note(self, error: StorageError, number: int) -> None:
        """Remembers why the source could not be read by the question of this number, and says so once."""
        problem = f"source {self.path.name}: {error.what}"
        if self._tell(problem, number):
            # Without a handler of the program's, what is logged is printed: at a terminal by `flightlog ls`.
            _log.warning("%s", safe_text(str(StorageError(problem, where=self.path, advice=error.advice))))

    def _tell(self, problem: str, number: int) -> bool:
        """Whether that is another problem than before."""
        with self._telling:
            if number < self._answered:
                return False
            self._answered, before, self.problem = number, self.problem, problem
            return problem != before

    def close(self) -> None:
        """Closes it. May be called twice."""
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            store.close()

    def _open(self) -> Store:
        if self._failed and time.monotonic() - self._failed[0] < AGAIN_S:
            raise self._failed[1]
        try:
            store = self._opened()
        except StorageError as error:
            self._failed = (time.monotonic(), error)
            raise
        self._failed = None
        return store

    def _opened(self) -> Store:
        from ..sources.open_source import open_source

        try:
            there = self.path.exists()
        except OSError as error:
            raise storage_error(error, self.path, "looking for it") from error
        if not there:
            raise NotFound("it is not there", where=self.path, advice="bring it back, or take it out of `sources`")
        store = open_source(self.path)
        if store is None:
            raise StorageError(
                "it is nothing that Flightlog can read", where=self.path, advice="take it out of `sources`"
            )
        return store


class JoinedProgress(Progress):
    """Looks at what a first question waits for: the store's own reading, or the index of a source."""

    def __init__(self, own: Progress, sources: Sequence[Part]) -> None:
        super().__init__()
        self._own, self._sources = own, sources

    def look(self) -> Standing | None:
        standings = (part.catching_up() for part in self._sources)
        return self._own.look() or next((at for at in standings if at is not None), None)


class Parts:
    """A store's own reading side and its sources. Thread-safe.

    What is wrong with the store itself is an error as ever; what is wrong with a source is its `problem`.
    """

    def __init__(self, own: Reading, sources: Sequence[Part]) -> None:
        self.own, self.sources = own, sources
        self._owners: dict[str, Part] = {}

    @property
    def problem(self) -> str:
        """Why the runs of a source are not shown; empty if all are."""
        return next((part.problem for part in self.sources if part.problem), "")

    def ask(self, question: Callable[[Reading], T]) -> list[T]:
        """The answers of all parts that can be read, the store's own first."""
        answers = [question(self.own)]
        for part in self.sources:
            answer = part.ask(question)
            if answer is not None:
                answers.append(answer)
        return answers

    def streams(self, question: Callable[[Reading], Iterator[T]]) -> list[Iterator[T]]:
        """What each part yields, the store's own first; a source that fails on the way ends there, with a `problem`."""
        return [question(self.own), *(_guarded(part, question) for part in self.sources)]

    def find(self, id: str, question: Callable[[Reading], T]) -> T:
        """The answer of the part that has the thing of this id (a run or a checkpoint); NotFound if none has."""
        if not isinstance(id, str | None):
            raise no_id(type(id).__name__)
        owner = self._owners.get(id)
        if owner is not None:
            return owner.find(question)
        try:
            return question(self.own)
        except NotFound as error:
            missing = error
        part, answer = self._found(question, missing)
        self._remember(id, part)
        return answer

    def source_of(self, run: str) -> Reading:
        """What reads the source that has a run; NotFound, StorageError."""
        part, _ = self._found(lambda reading: reading.runs.get(run), no_run(run))
        return part.reading()

    def _found(self, question: Callable[[Reading], T], missing: NotFound) -> tuple[Part, T]:
        """The source that has what is asked for, and its answer; an error that says that it is `missing`."""
        refused: StorageError | None = None
        for part in self.sources:
            try:
                return part, part.find(question)
            except (NotFound, Unread):
                continue  # of what could not be read `missing` tells
            except StorageError as error:
                refused = error
        raise refused or self.missing(missing)

    def missing(self, error: NotFound) -> StorageError:
        """The error for what no part has that can be read: it may be in a source that cannot be read just now."""
        part = next((part for part in self.sources if part.problem), None)
        if part is None:
            return error
        what = f"{error.what}, unless in what cannot be read just now: {part.problem}"
        advice = error.advice if error.near else "`flightlog doctor` says what to do"
        return StorageError(what, where=part.path, advice=advice)

    def _remember(self, id: str, part: Part) -> None:
        if len(self._owners) >= _REMEMBERED:
            self._owners.clear()
        self._owners[id] = part


def _guarded(part: Part, question: Callable[[Reading], Iterator[T]]) -> Iterator[T]:
    number = part.number()
    try:
        yield from question(part.reading())
    except StorageError as error:
        part.note(error, number)
