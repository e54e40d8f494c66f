"""`flightlog demo`: what a newcomer sees in the first ten seconds."""

import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click

from ...core.errors import ConfigError
from ...core.text import safe_text
from ..demo.budgets import LIVE
from ..demo.fleet import Fleet
from .browse import check_terminal, run_browser
from .options import Settings, verb
from .output import say


@verb(epilog="flightlog demo\nflightlog demo --storage sqlite\nflightlog demo --headless 30 --data ./demo-data")
@click.option(
    "--headless", metavar="SECONDS", type=click.FloatRange(min=0.1), help="Write without the browser, for so long."
)
@click.option("--storage", type=click.Choice(("file", "sqlite")), default="file", show_default=True)
def demo(settings: Settings, headless: float | None, storage: str) -> None:
    """Watch a fleet of scripted agents at work, in a temporary data directory that goes when you quit.

    With --data DIR they write there, and what they wrote stays.
    """
    if headless is None:
        check_terminal()
    elif settings.data is None:
        raise ConfigError(
            "nobody would see what the agents write", where="--headless", advice="name a folder with --data DIR"
        )
    folder = Path(settings.data) if settings.data else Path(tempfile.mkdtemp(prefix="flightlog-demo-"))
    if settings.data is None:
        (folder / "flightlog.yaml").write_text(LIVE)
    fleet = Fleet(folder, storage)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        fleet.start()
        if headless is None:
            run_browser(settings.merged({"data": str(folder)}), opened=fleet.fill, remember=False, following=True)
        else:
            fleet.fill()
            time.sleep(headless)
            say(f"{folder}: recorded for {headless:g} s", err=True)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        kept = settings.data is not None
        with suppress(OSError):  # the terminal may be gone
            where = f"stays in {safe_text(str(folder))}" if kept else "goes"
            say(f"the agents stop, what they recorded {where}", err=True)
        fleet.stop(kept=kept)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _leave(number: int, frame: FrameType | None) -> None:
    # A closed terminal or a kill must not leave the temporary folder behind.
    sys.exit(128 + number)
