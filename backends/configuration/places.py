"""What a place that somebody names is: a data directory, a database of ours, or somebody else's data."""

import os
import re
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

from ...core.config import SOURCE_TYPES
from ...core.errors import ConfigError, NotFound
from ...core.text import masked
from ..journal.layout import DATABASE, database_of, home_of
from ..postgres.server_url import ServerUrl, is_server_url, spool_folder
from .written import looking, written_path

MEMORY = "sqlite::memory:"
CONFIG = "flightlog.yaml"
"""The configuration, in a data directory."""
_OF_DATABASES = {".db", ".sqlite", ".sqlite3"}
_TYPED = re.compile(r"(?P<kind>[A-Za-z][A-Za-z0-9+]+):(?P<path>.*)", re.DOTALL)


class Place(NamedTuple):
    """Where data lie. `root` is the data directory, `path` a database or a source's file; None for memory.

    Of a server's database `url` says where it is, and `root` is what this user keeps of it.
    """

    kind: Literal["file", "sqlite", "postgres", "source", "directory"]
    root: Path | None
    path: Path | None
    url: ServerUrl | None = None


def place_of(text: str | os.PathLike[str] | None) -> Place:
    """The place that a text names; without one, where data lie by default. Errors say what is allowed."""
    if text is not None and not os.fspath(text):
        # `--data "$DATA"` where DATA is not set: what is done then must not be done to another store.
        raise ConfigError("an empty text names no place", advice="name a data directory, or leave it out")
    text = os.fsdecode(text) if text else os.environ.get("FLIGHTLOG_DATA")
    if not text:
        return Place("directory", default_root(), None)
    if is_server_url(text):
        url = ServerUrl(os.fspath(text))
        return Place("postgres", spool_folder(url), None, url)
    if text == MEMORY:
        return Place("sqlite", None, None)
    typed = _TYPED.fullmatch(os.fspath(text))
    try:
        if typed and not Path(text).exists():
            return _typed(typed["kind"], typed["path"])
        path = written_path(text)
        return _file(_itself(path)) if path.is_file() else _folder(path)
    except OSError as error:
        raise ConfigError(f"this can be no path: {error.strerror}", where=os.fspath(text)[:100]) from error


def read_place(where: Place, config: str | os.PathLike[str] | None) -> Place:
    """What a place is to who only reads: a folder with nothing of ours may be somebody else's data. ConfigError, and
    NotFound for a file that is not there.

    Who records is never in doubt: to him a folder is a data directory, also one that is still to be made.
    """
    root = where.root
    if where.kind == "sqlite" and where.path and root and _is_missing(where.path, root):
        raise NotFound(
            "there is no such file", where=where.path, advice="record a first run into it, or try `flightlog demo`"
        )
    return (
        Place("source", root.parent, root)
        if where.kind == "directory" and root and _is_foreign(root, config)
        else where
    )


def _is_missing(database: Path, root: Path) -> bool:
    """Whether somebody named a database that never was. Who names a folder sees that it is empty."""
    with looking(root):
        return database.name != DATABASE and not database.exists() and not (home_of(database) / "spool").exists()


def is_among_foreign(where: Place, config: str | os.PathLike[str] | None = None) -> bool:
    """Whether a place is somebody else's data, or lies among them: a person puts nothing of ours there by mistake.

    Else the folder would be a data directory from then on, and nobody would see what it was before.
    """
    return where.kind == "source" or (where.root is not None and not where.url and _is_foreign(where.root, config))


def _is_foreign(root: Path, config: str | os.PathLike[str] | None) -> bool:
    with looking(root):
        # What FLIGHTLOG_CONFIG names is in force in a data directory, whichever; it makes none of what others wrote.
        if not root.is_dir() or config or (root / CONFIG).exists() or storage_in(root) is not None:
            return False
    from ..sources.open_source import is_foreign

    return is_foreign(root)


def default_root() -> Path:
    """`FLIGHTLOG_DATA`, else `./flightlog-data` if it is there, else the user's data directory."""
    return _default_root()[0]


def default_root_from() -> str:
    """What decides the data directory where none is named."""
    return _default_root()[1]


def _default_root() -> tuple[Path, str]:
    named = os.environ.get("FLIGHTLOG_DATA")
    if named:
        return written_path(named), "FLIGHTLOG_DATA"
    here = Path("flightlog-data")
    if here.is_dir():
        return here, "it lies in the current folder"
    import platformdirs

    return Path(platformdirs.user_data_dir("flightlog")), "default"


def is_configured(root: Path, explicit: str | os.PathLike[str] | None) -> bool:
    """Whether a configuration says anything of a data directory; see `config_file.load_config`."""
    with looking(root):
        return bool(explicit or os.environ.get("FLIGHTLOG_CONFIG")) or (root / CONFIG).exists()


def storage_in(root: Path) -> Literal["file", "sqlite"] | None:
    """What lies in a data directory without a configuration; None if nothing does yet. ConfigError if both do."""
    with looking(root):
        file, sqlite = (root / "runs").is_dir(), (root / DATABASE).exists() or (root / "spool").is_dir()
    if file and sqlite:
        raise ConfigError(
            "there are runs in files and in a database",
            where=root,
            advice="say which is meant in flightlog.yaml: `storage: {logs: {type: file, path: runs}}`,"
            " or `storage: {logs: {type: sqlite, path: flightlog.db}}`",
        )
    return "file" if file else "sqlite" if sqlite else None


def _typed(kind: str, rest: str) -> Place:
    path = written_path(rest)
    if kind == "file" and rest:
        return Place("file", path, None)
    if kind == "sqlite" and rest:
        return _database(_itself(path))
    if kind in SOURCE_TYPES and rest:
        return Place("source", path.parent, path)
    raise ConfigError(
        f"{kind}: is no kind of store",
        where=masked(f"{kind}:{rest}"),
        advice="allowed are file:PATH, sqlite:PATH, langgraph:PATH, transcripts:PATH and postgresql://…",
    )


def _folder(path: Path) -> Place:
    """A data directory, or a database that is still to be made, which its name tells; or what belongs to one."""
    database = database_of(path) if path.exists() else path if path.suffix in _OF_DATABASES else None
    return _database(database) if database else Place("directory", path, None)


def _itself(path: Path) -> Path:
    """What a link to a file leads to: there lies what belongs to a database, and by its name it is locked."""
    return Path(os.path.realpath(path)) if path.is_symlink() and path.is_file() else path


def _database(path: Path) -> Place:
    if path.is_dir():
        return Place("sqlite", path, path / DATABASE)
    return Place("sqlite", path.parent if _is_of_folder(path) else home_of(path), path)


def _is_of_folder(database: Path) -> bool:
    """Whether the folder it lies in is the data directory of its runs: by its name, or by what is configured there."""
    file = database.parent / CONFIG
    if database.name == DATABASE or not file.is_file():
        return database.name == DATABASE
    from .config_file import load_config

    logs = load_config(database.parent, file).logs
    return logs is not None and logs.path == os.path.abspath(database)


def _file(path: Path) -> Place:
    tables = _tables(path)
    # A blank one is ours if a spool lies where its own would: who made both was killed before he wrote into it.
    if {"events", "state_values"} <= tables or (not tables and (home_of(path) / "spool").is_dir()):
        return _database(path)
    return Place("source", path.parent, path)


def _tables(path: Path) -> set[str]:
    """Names of a SQLite file's tables, read without leaving a trace; empty if it is none."""
    import sqlite3

    beside = Path(f"{path}-wal").exists()
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro" + ("" if beside else "&immutable=1")
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return set()
