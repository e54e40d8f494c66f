"""A database as everybody here uses it: short reads beside each other, one write at a time in a process.

What is particular to an engine (how a connection is opened, what guards a write, what its
driver's errors mean) is given from outside, so that this class knows no dialect.
"""

import ctypes
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ...core.errors import Locked, ReadOnly, StorageError
from ...core.forking import HOLDING_S, before_fork, undivided
from .. import waiting
from ..read_only import OPEN_TO_CHANGE
from .last_words import forget_last_words, say_last_words


class Closed(StorageError):
    """Somebody in this process asks what another part of it has closed."""


def opened_before_fork(name: str) -> StorageError:
    """The answer to a forked child that asks what its parent has opened."""
    advice = "open it again in the child; one in memory is its parent's alone"
    return StorageError("the store was opened before a fork", where=name, advice=advice)


Guard = Callable[[], AbstractContextManager[None]]
WriteGuard = Callable[[float], AbstractContextManager[None]]
"""Keeps other writers out; waits so many seconds for them, then Locked."""

PATIENCE_S = 5.0
"""How long a write waits that somebody will try again; `write(BY_HAND_S)` for one that nobody would."""
BY_HAND_S = 60.0


def _unguarded(patience_s: float) -> AbstractContextManager[None]:
    return nullcontext()


_open: "weakref.WeakSet[Database]" = weakref.WeakSet()


def _before_fork() -> None:
    # SQLite knows by process who holds its locks, and a child takes its parent's for its own: its databases would be
    # unlocked, so that the parent, when it closes one as the last, takes the log away to which the child writes.
    for database in _open:
        database.rest()


before_fork(_before_fork)


def _after_fork() -> None:
    # A forked child must not even close what it inherited: another thread may have been inside the
    # driver, holding locks that nobody in the child will ever release. So it is never freed there.
    for database in _open:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(database))


os.register_at_fork(after_in_child=_after_fork)


class Database:
    """Connections to one database. Thread-safe; of no use in a forked child, which must open its own."""

    def __init__(
        self,
        name: str,
        *,
        reader: Engine,
        writer: Engine | None,
        translate: Callable[[Exception], StorageError],
        read_guard: Guard = nullcontext,
        write_guard: WriteGuard = _unguarded,
        settle: Callable[[Connection], None] = lambda connection: None,
        patient: Callable[[Connection, float], None] = lambda connection, patience_s: None,
        changes: Callable[[], int],
        problem: Callable[[], str] = lambda: "",
        refusal: ReadOnly | None = None,
        rests: Callable[[], bool] = lambda: False,
        before_close: Callable[[], object] = lambda: None,
        after_close: Callable[[], object] = lambda: None,
    ) -> None:
        """`settle` runs after each commit while the write guard is still held (checkpoints).
        `patient` is told, as a write begins, for how long it may wait for others.
        `rests` closes what it has of its own, and tells whether connections may be closed that nobody uses.

        Without a `writer` nothing can be written; `refusal` says why, if nobody asked for that.
        """
        self.name = name
        self.read_only = writer is None
        self._reader, self._writer = reader, writer
        self._translate = translate
        self._read_guard, self._write_guard = read_guard, write_guard
        self._settle, self._patient, self._changes = settle, patient, changes
        self.problem = problem
        """Why changes of others cannot be noticed at the moment; empty if they can."""
        self._refusal = refusal
        self._rests = rests
        self._before_close, self._after_close = before_close, after_close
        self._check: Callable[[Connection], None] = lambda connection: None
        self._used = threading.local()
        self._pid = os.getpid()
        self._closed = False
        _open.add(self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A short read transaction: everything read in it is of one moment.

        Nested in one thread it is the same connection; inside `write()` it sees what was written.
        Keep it short: while it lasts, the write-ahead log cannot be reset.
        """
        current = getattr(self._used, "writing", None) or getattr(self._used, "reading", None)
        if current is not None:
            yield current
            return
        with self._errors(), self._read_guard(), undivided(), self._reader.connect() as connection:
            connection.begin()  # which ends as the connection is given back
            self._used.reading = connection
            try:
                yield connection
            finally:
                self._used.reading = None

    def renew(self) -> None:
        """What this thread reads from now on is as everything is now, also in a read that began before."""
        current = None if getattr(self._used, "writing", None) else getattr(self._used, "reading", None)
        if current is not None:
            current.rollback()
            current.begin()

    def refused(self) -> ReadOnly:
        """The answer to every change, where nothing can be written."""
        why = self._refusal or ReadOnly("the store was opened read-only", advice=OPEN_TO_CHANGE)
        return ReadOnly(why.what, where=why.where or self.name, advice=why.advice)

    @contextmanager
    def write(self, patience_s: float = PATIENCE_S) -> Iterator[Connection]:
        """One write transaction: commits at the end, rolls back on any exception.

        With SQLite it is alone among all processes, with PostgreSQL alone in this one; see `claims.py`.
        Nested in one thread it joins the outer one. Waits at most `patience_s` seconds for other
        writers (`waiting` may allow less), then Locked; ReadOnly; Corrupt; StorageError (a full disk, say).
        """
        current = getattr(self._used, "writing", None)
        if current is not None:
            yield current
            return
        if self._writer is None:
            raise self.refused()
        patience_s = waiting.limited(patience_s)
        with self._errors(), self._write_guard(patience_s), undivided(HOLDING_S), self._writer.connect() as connection:
            with connection.begin():
                self._patient(connection, patience_s)
                self._check(connection)
                self._used.writing = connection
                forget_last_words(connection)
                try:
                    yield connection
                    say_last_words(connection)
                finally:
                    self._used.writing = None
            self._settle(connection)

    @contextmanager
    def outside(self) -> Iterator[Any]:
        """The driver's connection, alone among writers and in no transaction: for what cannot be done in one.

        Errors as of `write`. Not inside `read` or `write`.
        """
        if self._writer is None:
            raise self.refused()
        with self._errors(), self._write_guard(BY_HAND_S), undivided(HOLDING_S), self._writer.connect() as connection:
            driver = connection.connection.driver_connection
            try:
                yield driver
            except self._writer.dialect.loaded_dbapi.Error as error:
                raise self._translate(error) from error

    def check_writes(self, check: Callable[[Connection], None]) -> None:
        """From now on every write transaction begins with this; what it raises ends it before anything is done."""
        self._check = check

    def changes(self) -> int:
        """A number that differs after anybody's commit; costs microseconds, so it may be polled."""
        with self._errors(), undivided():
            return self._changes()

    def rest(self) -> None:
        """Closes the connections that nobody uses now, where a fork asks for it; the next call opens others."""
        if self._closed or self._pid != os.getpid() or not self._rests():
            return
        self._reader.dispose()
        if self._writer is not None:
            self._writer.dispose()

    def close(self) -> None:
        """Closes all connections. May be called twice; a read or write under way must have ended."""
        if self._closed or self._pid != os.getpid():
            return
        self._closed = True
        with undivided():
            self._close()

    def _close(self) -> None:
        self._before_close()
        self._reader.dispose()
        if self._writer is not None:
            # Closing the last connection checkpoints. SQLite then has the file for itself, so a
            # guard that cannot be had is no reason to keep it open.
            try:
                with self._write_guard(PATIENCE_S):
                    self._writer.dispose()
            except StorageError:
                self._writer.dispose()
        self._after_close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        if self._closed:
            raise Closed("the store was closed", where=self.name)
        if self._pid != os.getpid():
            raise opened_before_fork(self.name)
        try:
            yield
        except DBAPIError as error:
            raise self._translate(error) from error
        except PoolTimeout as error:
            raise Locked("all connections are in use", where=self.name, advice="try again") from error
        except UnicodeEncodeError as error:
            raise StorageError("text with a lone surrogate cannot be stored or looked for", where=self.name) from error
