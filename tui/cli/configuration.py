"""`flightlog config`: what is in force and where each value came from."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from ...core.text import safe_text
from .main import FINDINGS
from .opening import configuration
from .options import Settings, json_option, verb
from .output import say, say_json, table

Row = tuple[str, Any, str]


@verb(epilog="flightlog config\nflightlog config --json\nflightlog config --keys")
@json_option()
@click.option("--keys", is_flag=True, help="Every key of the browser, with the id that the personal settings name.")
def config(settings: Settings, as_json: bool, keys: bool) -> None:
    """The configuration in force, and your own settings: every key, its value, and where it came from.

    What is wrong with your own settings is told on stderr (exit code 3); the browser starts all the same.
    """
    from ..personal.person import themes
    from ..personal.settings import read_settings, settings_file

    own = read_settings(settings_file(), themes() if settings_file().exists() else ())
    rows: list[Row]
    if keys:
        rows = list(_keys(own.keys, own.file))
    else:
        rows = [*configuration(settings).rows(), *((key, value, own.file) for key, value in own.rows())]
    if as_json:
        for key, value, origin in rows:
            say_json({"key": key, "value": value, "from": origin})
    else:
        table(
            ("Key", "Value", "From"), [(safe_text(key), safe_text(str(value)), origin) for key, value, origin in rows]
        )
    for mistake in own.mistakes:
        say(f"flightlog: {mistake}", err=True)
    if own.mistakes:
        sys.exit(FINDINGS)


def _keys(own: dict[str, str], file: str) -> Iterator[Row]:
    from ..keys import PLACES, all_shown

    for place in PLACES:
        for key in place.keys:
            mine = key._replace(keys=own.get(key.id, key.keys))
            yield f"keys.{key.id}", all_shown(mine), file if key.id in own else "default"
