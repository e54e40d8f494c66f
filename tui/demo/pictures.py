"""Takes the README's pictures: `python -m flightlog.tui.demo.pictures [FOLDER [PICTURE...]]`.

The real program on the scripted agents' runs, under a clock that stands still at noon.
"""

import argparse
import asyncio
import os
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...core.store import Store
from ..app import FlightlogApp
from ..cli.opening import open_store
from ..cli.options import Settings
from ..loading import Loader
from ..program import type_ahead
from ..screens.run import RunScreen
from .budgets import STAGED
from .policy import STAGED as POLICY
from .spoiling import spoil
from .stage import ListPrices, staged

WIDE, NARROW = (120, 36), (80, 24)
LENGTH = 120
"""Characters of the path of the folder that is shown, whatever temporary folders are called."""
PATIENCE = 60.0
"""Seconds that a busy machine may take to show something."""


class Picture(NamedTuple):
    """A picture's file name, and what is pressed before it is taken."""

    name: str
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = WIDE
    config: str = ""
    """What stands in `flightlog.yaml` meanwhile."""
    spoilt: bool = False
    """Whether the store is damaged before, for good: to be the last ones."""


FIND = {
    "research": ("slash", *"workflow:research", "enter"),
    "triage": ("slash", *"workflow:triage status:completed", "enter"),
    "labels": ("slash", *"workflow:label-tickets status:completed", "enter"),
    "reports": ("slash", *"workflow:report", "enter"),
    "versions": ("slash", *"workflow:triage version>=2", "enter"),
    "deploy": ("slash", *"workflow:deploy", "enter"),
}

OF_THE_MACHINE = ("old-sqlite", "permissions")
"""What doctor finds where other pictures are taken, and not here."""

THREE = ("space",) * 3
"""Marks three runs."""

FIND_SPACE = ("4", "s", "G")
"""By name the last workflow: what the index takes beside them differs from time to time."""

PICTURES = (
    Picture("runs"),
    Picture("runs-80x24", size=NARROW),
    Picture("runs-filter", ("slash", *"status:failed", "enter")),
    Picture("runs-by-session", ("b",)),
    Picture("run-overview", (*FIND["triage"], "enter")),
    Picture("run-steps", (*FIND["research"], "enter", "s")),
    Picture("run-steps-waterfall", (*FIND["research"], "enter", "s", "v", "down")),
    Picture("run-steps-graph-80x24", (*FIND["research"], "enter", "s", "v", "v", "down"), NARROW),
    Picture("run-logs", (*FIND["triage"], "enter", "l")),
    Picture(
        "run-logs-search", (*FIND["triage"], "enter", "l", "h", "enter", "slash", *"/[0-9]+ [a-z]+", "enter", "enter")
    ),
    Picture("run-states", (*FIND["triage"], "enter", "t", "left")),
    Picture("run-costs", (*FIND["triage"], "enter", "c")),
    Picture("run-costs-what-if", (*FIND["triage"], "enter", "c", "w", *"mini", "enter")),
    Picture("run-messages", (*FIND["triage"], "enter", "m")),
    Picture("run-items", (*FIND["labels"], "enter", "i")),
    Picture("run-approvals", (*FIND["deploy"], "enter", "p")),
    Picture("compare-steps", (*FIND["reports"], "j", "j", *THREE, "c", "s", "right", "right")),
    Picture("compare-metrics", (*FIND["versions"], *THREE, "c", "m")),
    Picture("compare-inputs-80x24", (*FIND["versions"], *THREE, "c", "i"), NARROW),
    Picture("live", ("L",)),
    Picture("live-80x24", ("L",), NARROW),
    Picture("workflows", ("2", "enter")),
    Picture("workflows-80x24", ("2", "enter"), NARROW),
    Picture("version-edit", ("2", "enter", "e")),
    Picture("version", ("2", "enter", "enter")),
    Picture("version-diff", ("2", "enter", "d")),
    Picture("version-runs", ("2", "enter", "j", "d", "h")),
    Picture("costs", ("3", "m"), config=STAGED),
    Picture("costs-80x24", ("3", "w"), NARROW, STAGED),
    Picture("costs-plot-80x24", ("3", "p", "b"), NARROW, STAGED),
    Picture("space", (*FIND_SPACE, "enter", "s", "s", "g")),
    Picture("space-states-80x24", (*FIND_SPACE, "enter", "s", "s", "g", "enter", "s", "G", "enter", "s", "s"), NARROW),
    Picture("retention", ("5",), config=POLICY),
    Picture("retention-audit", ("5", "u"), config=POLICY),
    Picture("retention-80x24", ("5", "f"), NARROW, POLICY),
    Picture("help", ("question_mark",)),
    Picture("doctor", ("exclamation_mark",), spoilt=True),
)


async def take(folder: Path, picture: Picture) -> str:
    """One picture of a data directory, as SVG text."""
    type_ahead.PATIENCE = PATIENCE
    config = folder / "flightlog.yaml"
    if picture.config:
        config.write_text(picture.config)
    if picture.spoilt:
        spoil(folder)
    app = FlightlogApp(lambda: _staged(open_store(Settings(data=str(folder)))), name=str(folder))
    async with app.run_test(size=picture.size) as pilot:
        await _quiet(app)
        for key in picture.keys:
            await pilot.press(key)
            if key == "enter":
                await _quiet(app)
        await _quiet(app)
        if isinstance(app.screen, RunScreen) is not picture.name.startswith("run-"):
            raise SystemExit(f"{picture.name}: the keys led to {app.screen}, is the machine too busy?")
        svg = _drawn(app, picture.name)
    app.close()
    config.unlink(missing_ok=True)
    return svg + "\n"


def _staged(store: Store) -> Store:
    """With the prices of the stage: real ones change, and pictures with them. Nor is it told what is of the machine."""
    store.prices = ListPrices
    check = store.upkeep.check
    store.upkeep.check = lambda **options: (  # type: ignore[method-assign]
        finding for finding in check(**options) if finding.kind not in OF_THE_MACHINE
    )
    return store


def _drawn(app: FlightlogApp, name: str) -> str:
    # Textual numbers its pictures anew each time.
    return re.sub(r"terminal-\d+", name, app.export_screenshot(title="flightlog"))


async def _quiet(app: FlightlogApp) -> None:
    """Waits until nothing is typed or read any more, and half a second of idle time brought nothing new."""
    end, same, before = time.monotonic() + PATIENCE, 0, ""
    while same < 10:
        if time.monotonic() > end:
            raise SystemExit(f"{app.screen} does not come to rest, is the machine too busy?")
        await asyncio.sleep(0.05)
        now = _drawn(app, "now")
        same = same + 1 if now == before and not _busy(app) else 0
        before = now


def _busy(app: FlightlogApp) -> bool:
    """Whether keys wait for their turn, or anything on screen for its answer."""
    owners = (app.screen, *app.screen.query("*"))
    loaders = (one for owner in owners for one in vars(owner).values() if isinstance(one, Loader))
    own: list[Loader[Any]] = [app.standings.loader, app.pulse.loader, app.retaining.looker]
    return app.typed.busy or app.store is None or any(one.busy for one in (*own, *loaders))


def asked(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for: its `folder`, and the `names` of the pictures that are wanted, or none for all.

    SystemExit where it asks for help, or for what there is not.
    """
    parser = argparse.ArgumentParser("python -m flightlog.tui.demo.pictures", description="Take the README's pictures.")
    parser.add_argument("folder", nargs="?", default="screenshots", help="where to (default: %(default)s)")
    parser.add_argument("names", nargs="*", metavar="picture", help="the names of those to take (default: all)")
    found = parser.parse_args(words)
    if unknown := set(found.names) - {picture.name for picture in PICTURES}:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    return found


def main() -> None:
    """Takes the pictures that the command line asks for."""
    found = asked()
    out, wanted = Path(found.folder), set(found.names)
    out.mkdir(exist_ok=True)
    out = out.resolve()
    os.environ |= {"TZ": "UTC", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    os.environ.pop("NO_COLOR", None)
    time.tzset()
    with tempfile.TemporaryDirectory() as scratch:
        room = _as_long_everywhere(os.path.realpath(scratch))
        os.chdir(room)  # so that screens show the folder by a name that stays the same
        folder = Path("data")
        with staged(folder, lambda place: open_store(Settings(data=str(place), storage="file"), writing=True)):
            for picture in PICTURES:
                if not wanted or picture.name in wanted:
                    (out / f"{picture.name}.svg").write_text(asyncio.run(take(folder, picture)))


def _as_long_everywhere(scratch: str) -> Path:
    """A folder in it whose path is of one length: paths are recorded, and pictures show what that takes."""
    room = Path(scratch, "x" * max(LENGTH - len(scratch) - 1, 1))
    room.mkdir()
    return room


if __name__ == "__main__":
    main()
