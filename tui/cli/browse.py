"""`flightlog [PATH]`: the browser."""

import gc
import io
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from ...core.errors import ConfigError
from ...core.progress import Progress
from .entering import entry, entry_options
from .opening import called, glance, is_meant, journal_of, newest_log, open_store, remembered_as
from .options import Settings, verb
from .output import complain

if TYPE_CHECKING:
    from ...core.store import Store
    from ..personal.person import Person
    from ..program.entry import Entry

EXAMPLES = """
flightlog
flightlog ./data
flightlog ./data --run 01jd --tab logs
flightlog checkpoints.sqlite
flightlog ~/.claude
flightlog postgresql://db.example/flights
"""


@verb(epilog=EXAMPLES)
@click.argument("path", required=False)
@entry_options
def browse(settings: Settings, path: str | None, run: str | None, tab: str | None) -> None:
    """Open the browser on PATH: a data directory, a flightlog.db, a LangGraph checkpoint database, a folder of
    transcripts or a server.

    With --run, or where PATH is the journal of one run, it opens on that run; esc leads to the list.
    """
    data, journal = journal_of(path) or (path, None)
    begin = entry(click.get_current_context(), run, tab, journal)
    check_terminal()
    run_browser(settings.merged({"data": data}), entry=begin)


def check_terminal() -> None:
    """Raises ConfigError where no browser can be shown."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("the browser needs a terminal", advice="use a verb here, for example `flightlog ls --json`")
    if (kind := os.environ.get("TERM", "")) in ("", "dumb"):
        told = f"it says TERM={kind}" if kind else "it does not say TERM"
        raise ConfigError(
            "this terminal cannot draw", where=told, advice="set TERM=xterm-256color, or use a verb like `flightlog ls`"
        )


def _takes_signs() -> bool:
    """Whether the terminal's encoding has our signs. If not, a character that it lacks takes the room of one: `?`."""
    from ..glyphs import UNICODE

    try:
        "".join((UNICODE.spark, UNICODE.ellipsis)).encode(sys.stderr.encoding)
    except UnicodeEncodeError:
        if isinstance(sys.stderr, io.TextIOWrapper):
            sys.stderr.reconfigure(errors="replace")
        return False
    return True


def _options(settings: Settings) -> list[str]:
    """The options by which a verb finds the same store."""
    told = (("--data", called(settings)), ("--config", settings.config), ("--session", settings.session))
    return [word for option, value in told if value for word in (option, value)]


def _person(settings: Settings, *, remember: bool, following: bool) -> "Person":
    """Who sits there, as far as anything is remembered of them."""
    from ..personal.person import load_person

    found = load_person(remembered_as(settings) if remember else None)
    if following:
        found.remember(screens={"runs": {"following": True}})
    return found


def _opened(settings: Settings, told: Callable[[], None] | None) -> "Store":
    """Opens the store, and says when it is."""
    # A folder that was named is never made by looking at it; the default one may be, and one that is configured.
    store = open_store(settings, writing=settings.data is None or is_meant(settings))
    if told is not None:
        store.feed.cursor()  # which loads what reads
        told()
    return store


def run_browser(
    settings: Settings,
    *,
    entry: "Entry | None" = None,
    opened: Callable[[], None] | None = None,
    remember: bool = True,
    following: bool = False,
) -> None:
    """Runs the browser until it is quit; exits with its code. `opened` is told, in a thread, that the store is open.

    `entry` is where it begins: ConfigError if there is no such run. `remember`: whether the next start finds the
    browser as it was left. `following`: the cursor stays on the newest run until it is moved.
    """
    gc.disable()  # until what a program is made of has been read (`warming`): a seventh of the time it starts in
    from ..app import FlightlogApp

    if entry is not None and entry.tab == "logs":
        entry = entry._replace(glance=partial(newest_log, settings, entry.run))
    app = FlightlogApp(
        partial(_opened, settings, opened),
        ascii=settings.ascii or not _takes_signs(),
        name=called(settings),
        who=partial(_person, settings, remember=remember, following=following),
        glance=None if entry else partial(glance, settings),
        entry=entry,
        options=_options(settings),
    )
    try:
        app.run()
    finally:
        from .bar import closing_told

        with closing_told(Progress(), settings.ascii):
            app.close()
    if app.nowhere is not None:
        raise app.nowhere
    if app.unkept is not None:
        complain(app.unkept)
    sys.exit(app.return_code or 0)
