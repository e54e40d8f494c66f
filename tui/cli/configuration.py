"""`flightlog config`: what is in force and where each value came from."""

from ...core.text import safe_text
from .opening import configuration
from .options import Settings, json_option, verb
from .output import say_json, table


@verb(epilog="flightlog config\nflightlog config --json")
@json_option()
def config(settings: Settings, as_json: bool) -> None:
    """The configuration in force: every key, its value, and where it came from."""
    rows = configuration(settings).rows()
    if as_json:
        for key, value, origin in rows:
            say_json({"key": key, "value": value, "from": origin})
        return
    table(("Key", "Value", "From"), [(key, safe_text(str(value)), origin) for key, value, origin in rows])
