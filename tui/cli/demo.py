"""`flightlog demo`: what a newcomer sees in the first ten seconds."""

import os
import signal
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import click

from ...core.errors import ConfigError
from ...core.text import safe_text
from ..demo.budgets import LIVE
from ..demo.fleet import Fleet
from .browse import check_terminal, run_browser
from .opening import opened
from .options import Settings, verb
from .output import say


@verb(epilog="flightlog demo\nflightlog demo --storage sqlite\nflightlog demo --headless 30 --data ./demo-data")
@click.option(
    "--headless", metavar="SECONDS", type=click.FloatRange(min=0.1), help="Write without the browser, for so long."
)
@click.option("--storage", type=click.Choice(("file", "sqlite")), default="file", show_default=True)
def demo(settings: Settings, headless: float | None, storage: str) -> None:
    """Watch a fleet of scripted agents at work, in a temporary data directory that goes when you quit.

    With --data they write there, and what they wrote stays; FLIGHTLOG_DATA is no such wish.
    """
    if headless is None:
        check_terminal()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    os.environ.pop("FLIGHTLOG_DISABLED", None)  # whoever asks for agents wants to see what they record
    with ExitStack() as stack:
        if settings.data is None:
            settings, place = _passing(settings, headless, stack), ""
        else:
            place = _recordable(settings.merged({"storage": storage}))
        fleet = Fleet(str(settings.data), _scratch(str(settings.data), stack), storage, config=settings.config)
        try:
            fleet.start()
            if headless is None:
                run_browser(settings, opened=fleet.fill, remember=False, following=True)
            else:
                fleet.fill()
                time.sleep(headless)
                say(f"{place}: recorded for {headless:g} s", err=True)
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            with suppress(OSError):  # the terminal may be gone
                say(f"the agents stop, what they recorded {f'stays in {place}' if place else 'goes'}", err=True)
            fleet.stop(kept=bool(place))


def _passing(settings: Settings, headless: float | None, stack: ExitStack) -> Settings:
    """Those of a data directory that goes when the stack is left."""
    if headless is not None:
        raise ConfigError(
            "nobody would see what the agents write", where="--headless", advice="name a folder with --data DIR"
        )
    if settings.config:
        raise ConfigError(
            "a temporary data directory has a configuration of its own",
            where="--config",
            advice="name with --data where the agents should write",
        )
    os.environ.pop("FLIGHTLOG_CONFIG", None)  # it may lead to a store in which somebody's own runs are
    folder = stack.enter_context(TemporaryDirectory(prefix="flightlog-demo-", ignore_cleanup_errors=True))
    Path(folder, "flightlog.yaml").write_text(LIVE)
    return settings.merged({"data": folder})


def _recordable(settings: Settings) -> str:
    """What the store of these settings is called; FlightlogError where no agent could write."""
    with opened(settings, writing=True) as store:
        if store.read_only:
            raise ConfigError(
                "the agents could not write there, for it can only be read",
                where=store.name,
                advice="name another place with --data, or none",
            )
        return safe_text(store.name)


def _scratch(data: str, stack: ExitStack) -> Path:
    """A folder for the files that agents make beside what they record."""
    if Path(data).is_dir():
        return Path(data, "demo-files")
    return Path(stack.enter_context(TemporaryDirectory(prefix="flightlog-demo-", ignore_cleanup_errors=True)))


def _leave(number: int, frame: FrameType | None) -> None:
    # A closed terminal or a kill must not leave the temporary folder behind.
    sys.exit(128 + number)
