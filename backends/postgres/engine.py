"""PostgreSQL: how connections are opened, what they are told, and how the others are told of a commit."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Buffer, Loader
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from ...core.errors import Locked, ReadOnly, StorageError
from .. import waiting
from ..sql import schema
from ..sql.column_types import NEVER, read_text
from ..sql.database import Database
from .heeding import NoCopy
from .listener import Listener, tell
from .our_schema import IN_ONE_SCHEMA
from .postgres_errors import translated
from .server_url import ServerUrl

WAIT_S = 5.0
_ASLEEP_S = 2.0
"""A connection that nobody used for so long is asked whether it still lives."""

# What is committed is taken from the spool: a server that would answer before it has written it down must not.
# A process that was stopped in the middle of a transaction lets go of what it holds after a minute.
_SETTINGS = (
    f"SELECT {IN_ONE_SCHEMA}, set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
    # What is asked for differs by a thousand times (a rare word, a common one): each is planned as what it is.
    " set_config('plan_cache_mode', 'force_custom_plan', false),"
    " CASE current_setting('synchronous_commit')"
    " WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END,"
    f" set_config('lock_timeout', '{int(WAIT_S * 1000)}', false),"
    " set_config('idle_in_transaction_session_timeout', '60000', false)"
)

# What is recorded, upgraded or tidied up takes as long as it takes. Who looks keeps to what the server's keeper says.
_UNHURRIED = (
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'transaction_timeout')"
)


class _NotLost(logging.Filter):
    """Leaves out what the pool says of a connection that is lost: who uses the server is told, in a sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], psycopg.OperationalError))


logging.getLogger(f"{QueuePool.__module__}.{QueuePool.__qualname__}").addFilter(_NotLost())


def open_server(url: ServerUrl, *, read_only: bool = False) -> Database:
    """Opens a store's database, and brings its schema up to date. StorageError says why that cannot be.

    Read-only, which it also is where the server lets this user only read: nothing is created or upgraded, and the
    server itself refuses changes.
    """
    if read_only:
        return _opened(url, read_only=True)
    try:
        return _opened(url)
    except ReadOnly as error:
        try:
            return _opened(url, read_only=True, refusal=error)
        except StorageError:
            raise error from None


def _opened(url: ServerUrl, *, read_only: bool = False, refusal: ReadOnly | None = None) -> Database:
    """`refusal`: why it is only read, if nobody asked for that."""
    listener = Listener(url)
    database = Database(
        url.name,
        reader=_engine(url, "REPEATABLE READ", read_only=True, pool_size=4, max_overflow=12),
        writer=None if read_only else _engine(url, "READ COMMITTED", read_only=False, pool_size=1, max_overflow=0),
        translate=lambda error: translated(error, url.name),
        write_guard=_one_at_a_time(url),
        settle=_tell_others,
        patient=_wait_longer,
        changes=listener.changes,
        problem=lambda: listener.problem,
        refusal=refusal,
        before_close=listener.close,
    )
    try:
        if read_only:
            return schema.checked(database, truth=True)
        schema.prepared(database, truth=True, versioned=True, precaution=NoCopy())
        _refuse_reader(database)
        return schema.guarded(database, versioned=True)
    except BaseException:
        database.close()
        raise


def _refuse_reader(database: Database) -> None:
    """ReadOnly where nothing could be written."""
    with database.read() as connection:
        allowed, is_standby = connection.exec_driver_sql(_RIGHTS).one()
    if is_standby:
        what, advice = "the server is a standby, which takes no changes", "name the primary server"
        raise ReadOnly(what, where=database.name, advice=advice)
    if not allowed:
        raise ReadOnly("the user may only read here", where=database.name, advice="ask for the rights to write")


_RIGHTS = (
    "SELECT has_table_privilege('events', 'INSERT') AND has_table_privilege('runs', 'UPDATE'), pg_is_in_recovery()"
)


def _engine(url: ServerUrl, isolation: Any, *, read_only: bool, **options: Any) -> Engine:
    def connect() -> psycopg.Connection[Any]:
        connection = url.connect(context=adapters(), autocommit=True)
        try:
            connection.execute(_SETTINGS)
            if not read_only:
                connection.execute(_UNHURRIED)
        except psycopg.Error as error:
            connection.close()
            raise translated(error, url.name) from None
        connection.autocommit = False
        connection.read_only = read_only
        return connection

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=QueuePool,
        pool_timeout=WAIT_S,
        isolation_level=isolation,
        hide_parameters=True,  # what was recorded is in no message
        use_native_hstore=False,
        **options,
    )
    event.listen(engine, "checkin", _fell_asleep)
    event.listen(engine, "checkout", _wake)
    dialect: Any = engine.dialect
    dialect.do_begin = _begin
    return engine


def _begin(connection: Any) -> None:
    if (patience_s := waiting.limited(WAIT_S)) < WAIT_S:
        # Also for what another machine has claimed, by a process that stands still, say. (0 would be without an end.)
        connection.driver_connection.execute(f"SET LOCAL lock_timeout = {max(1, round(patience_s * 1000))}")


def _wait_longer(connection: Connection, patience_s: float) -> None:
    # Who does something by hand waits for as many others as there are: fifty who save a version at once, say.
    if patience_s > WAIT_S:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(patience_s * 1000)}")


def _fell_asleep(connection: Any, record: Any) -> None:
    record.info["flightlog.used"] = time.monotonic()


def _wake(connection: Any, record: Any, proxy: Any) -> None:
    # After a server's restart the pool is full of dead connections: they are replaced without an error.
    if time.monotonic() - record.info.get("flightlog.used", time.monotonic()) < _ASLEEP_S:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error


def _one_at_a_time(url: ServerUrl) -> Any:
    """Among threads; other processes are kept off by claims, where they are in the way at all."""
    lock = threading.RLock()

    @contextmanager
    def guard(patience_s: float) -> Iterator[None]:
        if not lock.acquire(timeout=patience_s):
            raise Locked("another thread is writing the database", where=url.name, advice="try again")
        try:
            yield
        finally:
            lock.release()

    return guard


def _tell_others(connection: Connection) -> None:
    # Not in the transaction itself: the server lets all commits that notify wait for each other's disk.
    tell(connection.connection.driver_connection)


@cache
def adapters() -> AdaptContext:
    """How values come back: times as the text that SQLite keeps, sums of whole numbers as whole numbers."""
    found = AdaptersMap(psycopg.adapters)
    found.register_loader("timestamptz", _TimeText)
    found.register_loader("numeric", _WholeNumber)
    for kind in ("text", "varchar"):
        found.register_loader(kind, _WholeText)
    return _Adapting(found)


class _Adapting:
    """What psycopg calls a context: only its adapters matter here."""

    connection = None

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters


class _TimeText(Loader):
    """`2026-11-20 10:02:11.5+00` → `2026-11-20T10:02:11.500000Z`."""

    def load(self, data: Buffer) -> str:
        text = bytes(data).decode()
        if text == NEVER:
            return ""
        return f"{text[:10]}T{text[11:19]}.{text[20:-3]:0<6}Z"


class _WholeText(Loader):
    def load(self, data: Buffer) -> str:
        return read_text(str(data, "utf-8"))


class _WholeNumber(Loader):
    def load(self, data: Buffer) -> int:
        return int(bytes(data))
