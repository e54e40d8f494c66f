"""Straight from the shell into a run: which run and tab the words of the command line mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..program.entry import Entry

_SAID = "flightlog.entry"
"""Where a context keeps what was said before the path."""

_RUN = "Open the browser on a run: by its id, a part of that which no other has, or its name."
_TAB = "The tab of that run: logs, steps, states, costs …"


def entry_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--run` and `--tab`, which a command gets as keywords."""
    tab = click.option("--tab", metavar="TAB", help=_TAB)
    return click.option("--run", metavar="RUN", help=_RUN)(tab(function))


def keep(ctx: click.Context, run: str | None, tab: str | None) -> None:
    """What was said before the path; UsageError where a verb follows that has no use for it."""
    if (run or tab) and ctx.invoked_subcommand not in (None, "browse"):
        raise click.UsageError("--run and --tab open the browser; a verb is told its runs behind its name", ctx)
    ctx.meta[_SAID] = run, tab


def entry(ctx: click.Context, run: str | None, tab: str | None, journal: str | None) -> Entry | None:
    """Where the browser begins; None for the list of runs. `journal` is the run whose file was named; UsageError."""
    from ..parts.tabs import NAMES
    from ..program.entry import Entry

    said_run, said_tab = ctx.meta.get(_SAID, (None, None))
    run, tab = run or said_run, tab or said_tab
    if tab and tab not in NAMES:
        raise click.UsageError(f"there is no tab {tab[:40]!r}; the tabs of a run are {', '.join(NAMES)}", ctx)
    if journal and run:
        raise click.UsageError("the file is the journal of one run: leave --run out", ctx)
    if tab and not (run or journal):
        raise click.UsageError("--tab is of a run: say which with --run", ctx)
    run = run or journal
    return None if run is None else Entry(run, tab or NAMES[0])
