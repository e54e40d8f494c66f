"""`flightlog compact`: databases give their free pages back to the disk."""

from ...core.progress import Progress, telling
from .. import format
from .as_json import plain
from .asking import consent
from .bar import Bar
from .breaking_off import leaving
from .changing import opened_to_change, order_of
from .options import YES, Settings, json_option, verb
from .output import say, say_json


@verb(epilog="flightlog compact\nflightlog compact --yes --json")
@YES
@json_option("One JSON object: the bytes before and after, and those that it needed meanwhile.")
def compact(settings: Settings, yes: bool, as_json: bool) -> None:
    """Give the free pages of the store's databases back to the disk. It says what that gives, and asks."""
    with opened_to_change(settings) as store:
        seen = store.upkeep.compact()
        sizes = f"{format.size(seen.before_bytes)} would become about {format.size(seen.after_bytes)}"
        say(f"{sizes}; it needs {format.size(seen.room_bytes)} of free disk meanwhile", err=True)
        consent("Go on?", yes=yes)
        progress = Progress()
        with (
            leaving("the databases are as they were"),
            Bar(progress, ascii=settings.ascii),
            telling(progress),
        ):
            progress.begin(0, f"compacting {format.size(seen.before_bytes)}")
            done = store.upkeep.compact(order_of("compact", []))
    if as_json:
        say_json(plain(done))
    else:
        arrow = "->" if settings.ascii else "→"
        say(f"{format.size(done.before_bytes)} {arrow} {format.size(done.after_bytes)}")
