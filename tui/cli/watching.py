"""`flightlog watch`: what changes, one JSON line each, until interrupted."""

import threading
from collections.abc import Callable

import click

from ...core.errors import NotFound
from ...core.store import Store
from .as_json import run_row
from .opening import opened
from .options import Settings, json_option, verb
from .output import say_json


@verb(epilog="flightlog watch | jq -r 'select(.status==\"failed\") | .id'")
@click.option("--existing", is_flag=True, help="Begin with the runs that are there.")
@json_option("What it prints anyway.")
def watch(settings: Settings, existing: bool, as_json: bool) -> None:
    """New and changed runs as they come, one JSON object a line; removed ones as {"id", "removed"}."""
    with opened(settings) as store:
        try:
            follow_changes(store, since=0 if existing else store.feed.cursor(), show=_show)
        except KeyboardInterrupt:
            return


def follow_changes(store: Store, *, since: int, show: Callable[[Store, str, bool], None]) -> None:
    """Calls `show(store, id, removed)` for every change, for ever."""
    woken = threading.Event()
    notices = store.feed.watch(woken.set)
    try:
        while True:
            woken.clear()
            changes = store.feed.changes(since)
            since = changes.cursor
            for run in changes.changed:
                show(store, run, False)
            for run in changes.removed:
                show(store, run, True)
            if not changes.more:
                woken.wait(5)
    finally:
        notices.close()


def _show(store: Store, run: str, removed: bool) -> None:
    if removed:
        say_json({"id": run, "removed": True})
        return
    try:
        say_json(run_row(store.runs.get(run)))
    except NotFound:
        # Removed between the notice and the look; its own notice follows.
        return
