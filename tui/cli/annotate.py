"""Verbs with which a person adds to runs: `pin unpin tag note approve reject`."""

from typing import Any

import click

from ...core.annotations import Annotation, Noted, Pinned, Tagged
from ...core.errors import Conflict, NotFound
from ...core.events import Decision
from ...core.signing import who
from ...core.store import Store
from ...core.text import safe_text
from . import completing
from .breaking_off import DONE_SO_FAR, leaving
from .opening import is_meant, opened
from .options import Settings, json_option, verb
from .output import say, say_json


def _annotate(
    settings: Settings, runs: tuple[str, ...], make: "type[Annotation]", as_json: bool, done: str, **facts: Any
) -> None:
    with opened(settings, writing=is_meant(settings)) as store:
        # All are looked up before the first is changed: a mistyped id changes nothing.
        found = [store.runs.resolve(run) for run in runs]
        with leaving(DONE_SO_FAR):
            for run in found:
                store.runs.annotate(make(run=run, by=who(), **facts))
                if as_json:
                    say_json({"run": run, "done": done})
                else:
                    say(f"{run} {done}")


_WHICH = click.option("--approval", help="Which, if the run waits for several.")
_WHY = click.option("--note", "text", default="", help="Why.")


@verb(epilog="flightlog pin 01j9 01ja")
@click.argument("runs", nargs=-1, required=True, shell_complete=completing.run)
@json_option()
def pin(settings: Settings, runs: tuple[str, ...], as_json: bool) -> None:
    """Keep RUNS from every clean-up."""
    _annotate(settings, runs, Pinned, as_json, "pinned")


@verb(epilog="flightlog unpin 01j9")
@click.argument("runs", nargs=-1, required=True, shell_complete=completing.run)
@json_option()
def unpin(settings: Settings, runs: tuple[str, ...], as_json: bool) -> None:
    """Take the pin off RUNS."""
    _annotate(settings, runs, Pinned, as_json, "unpinned", pinned=False)


@verb(epilog="flightlog tag 01j9 01ja nightly\nflightlog tag --remove 01j9 nightly")
@click.argument("words", nargs=-1, required=True, metavar="RUN... NAME", shell_complete=completing.run)
@click.option("--remove", is_flag=True, help="Take the tag away.")
@json_option()
def tag(settings: Settings, words: tuple[str, ...], remove: bool, as_json: bool) -> None:
    """Tag runs with NAME (the last word)."""
    if len(words) < 2:
        raise click.UsageError("name at least one run and then the tag")
    *runs, name = words
    if not name.strip():
        raise click.UsageError("a tag wants a name")
    done = f"{'no longer tagged' if remove else 'tagged'} {safe_text(name)}"
    _annotate(settings, tuple(runs), Tagged, as_json, done, tag=name, tagged=not remove)


@verb(epilog="flightlog note 01j9 'the prompt had the wrong date'")
@click.argument("run", shell_complete=completing.run)
@click.argument("text")
@json_option()
def note(settings: Settings, run: str, text: str, as_json: bool) -> None:
    """Write a note on RUN."""
    if not text.strip():
        raise click.UsageError("a note wants a text")
    _annotate(settings, (run,), Noted, as_json, "noted", text=text)


@verb(epilog="flightlog approve 01j9\nflightlog approve 01j9 --note 'checked with Ana'")
@click.argument("run", shell_complete=completing.run)
@_WHICH
@_WHY
@json_option()
def approve(settings: Settings, run: str, approval: str | None, text: str, as_json: bool) -> None:
    """Approve what RUN waits for."""
    _decide(settings, run, approval, "approved", text, as_json)


@verb(epilog="flightlog reject 01j9 --note 'not on a Friday'")
@click.argument("run", shell_complete=completing.run)
@_WHICH
@_WHY
@json_option()
def reject(settings: Settings, run: str, approval: str | None, text: str, as_json: bool) -> None:
    """Reject what RUN waits for."""
    _decide(settings, run, approval, "rejected", text, as_json)


def _decide(settings: Settings, run: str, approval: str | None, decision: Decision, text: str, as_json: bool) -> None:
    with opened(settings, writing=is_meant(settings)) as store:
        found = store.runs.resolve(run)
        chosen = approval or _the_pending_one(store, found)
        store.runs.decide(found, chosen, decision, by=who(), note=text)
        lost = store.runs.get(found).status == "lost"
    if as_json:
        say_json({"run": found, "approval": chosen, "decision": decision})
    else:
        say(f"{found} {decision}: {safe_text(chosen)}")
    if lost:
        from ..facts import NOBODY

        say(f"flightlog: {NOBODY}", err=True)


def _the_pending_one(store: Store, run: str) -> str:
    waiting = [a for a in store.runs.approvals(run) if a.status == "pending" and a.answered is None]
    if not waiting:
        raise NotFound("the run waits for no approval", where=f"run {run}", advice="see `flightlog show`")
    if len(waiting) > 1:
        known = ", ".join(f"{a.id} ({a.question[:40]})" for a in waiting)
        raise Conflict(
            "the run waits for several approvals", where=f"run {run}", advice=f"name one by --approval: {known}"
        )
    return waiting[0].id
