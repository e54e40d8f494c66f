"""PostgreSQL's driver, an extra that not everybody installs."""

from importlib.util import find_spec

from ...core.errors import ConfigError
from .server_url import ServerUrl


def require_driver(url: ServerUrl) -> None:
    """ConfigError where it is not installed: said when a store is opened, before anything is recorded for it."""
    if find_spec("psycopg") is None:
        advice = "run: pip install 'flightlog[postgres]'"
        raise ConfigError(
            "PostgreSQL is read and written with psycopg, which is missing", where=url.name, advice=advice
        )
