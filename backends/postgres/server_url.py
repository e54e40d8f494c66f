"""Where a PostgreSQL database is: a URL, and what of it may be shown. Loads no driver by itself."""

import os
import re
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from ...core.errors import ConfigError

if TYPE_CHECKING:
    import psycopg

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^:,@/?#\[\]\s]*)(?::[0-9]*)?"
_URL = re.compile(
    rf"postgres(?:ql)?://(?:[^@/?#\s]*@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    r"(?:/(?P<database>[^@/?#\s]*))?(?:\?(?P<query>[^@#\s]*))?"
)
_SEARCH_PATH = re.compile(r"(?:-c\s*|--)search_path=((?:\\.|\S)+)")
# Of a server that is gone a program hears within half a minute, and not after hours.
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "flightlog",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class ServerUrl:
    """One database on one server.

    The URL itself may hold a password: it is given to the driver, and neither shown nor represented.
    """

    __slots__ = ("_url", "name", "options")

    def __init__(self, url: str) -> None:
        """ConfigError if it is none."""
        found = _URL.fullmatch(url)
        if found is None:
            raise ConfigError(
                "this is no URL of a PostgreSQL database",
                where="postgresql:…",
                advice="write postgresql://USER@HOST:PORT/DATABASE, with the password in PGPASSWORD or ~/.pgpass",
            )
        self._url = url
        options = {name: values[-1] for name, values in parse_qs(found["query"] or "").items()}
        hosts = found["hosts"] or options.get("host") or os.environ.get("PGHOST") or "localhost"
        if found["hosts"] in ("", None) and (port := options.get("port") or os.environ.get("PGPORT")):
            hosts = f"{hosts}:{port}"
        database = found["database"] or options.get("dbname") or os.environ.get("PGDATABASE") or ""
        schema = schema_of(url)
        self.name = f"postgresql://{unquote(hosts)}/{unquote(database)}" + (f", schema {schema}" if schema else "")
        """What may be shown: server and database, and the schema if one is asked for."""
        self.options = frozenset(options)

    @property
    def secret(self) -> str:
        """The URL as it was given, credentials and all."""
        return self._url

    @property
    def key(self) -> str:
        """The name of a folder for what this machine keeps of it."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name.partition("://")[2]).strip("-.")[:60]
        return f"{plain}-{blake2b(self.name.encode(), digest_size=6).hexdigest()}"

    def connect(self, **options: Any) -> "psycopg.Connection[Any]":
        """A connection of its own; StorageError, which names what is wrong and never a credential."""
        import psycopg

        from .postgres_errors import unreachable

        kept = {name: value for name, value in _DEFAULTS.items() if name not in self.options}
        try:
            return psycopg.connect(self._url, **(kept | options))
        except psycopg.Error as error:
            said = unreachable(error, self.name)
        raise said  # not from the driver's error, whose text and frames tell the user and the password

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServerUrl) and other._url == self._url

    def __hash__(self) -> int:
        return hash(self._url)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"ServerUrl({self.name!r})"


def schema_of(url: str) -> str:
    """The schema that a URL (or PGOPTIONS) asks for, as a database may hold several stores; empty if none is."""
    options = parse_qs(url.partition("?")[2]).get("options", [""])[-1]
    asked = _SEARCH_PATH.findall(options or os.environ.get("PGOPTIONS") or "")
    return asked[-1] if asked else ""


def spool_folder(url: ServerUrl) -> Path:
    """Where this user keeps what has yet to reach a server: a server that is away loses nothing."""
    import platformdirs

    return Path(platformdirs.user_data_dir("flightlog")) / "servers" / url.key


def is_server_url(text: object) -> bool:
    """Whether a place that somebody names is meant as a PostgreSQL database."""
    return isinstance(text, str) and text.startswith(("postgresql:", "postgres:"))
