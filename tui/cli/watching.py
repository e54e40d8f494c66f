"""`flightlog watch`: what changes, one JSON line each, until interrupted."""

import threading
from collections.abc import Callable

import click

from ...core.errors import Locked, NotFound, StorageError
from ...core.store import Store
from ...core.text import safe_text
from .as_json import run_row
from .opening import opened
from .options import Settings, json_option, verb
from .output import check_reader, say, say_json


@verb(epilog="flightlog watch | jq -r 'select(.status==\"failed\") | .id'")
@click.option("--existing", is_flag=True, help="Begin with the runs that are there.")
@json_option("What it prints anyway.")
def watch(settings: Settings, existing: bool, as_json: bool) -> None:
    """New and changed runs as they come, one JSON object a line; removed ones as {"id", "removed"}."""
    with opened(settings) as store:
        follow_changes(store, since=0 if existing else store.feed.cursor(), show=_show)


def follow_changes(store: Store, *, since: int, show: Callable[[Store, str, bool], None]) -> None:
    """Calls `show(store, id, removed)` for every change, for ever; a store that is away is waited for."""
    woken, patience = threading.Event(), Patience()
    notices = store.feed.watch(woken.set)
    try:
        while True:
            woken.clear()
            more = False
            with patience:
                changes = store.feed.changes(since)
                for run in changes.changed:
                    show(store, run, False)
                for run in changes.removed:
                    show(store, run, True)
                since, more = changes.cursor, changes.more
            if not more:
                check_reader()
                woken.wait(5)
    finally:
        notices.close()


class Patience:
    """Around a look at a store that is followed: that it is away, or locked, is said once, and the look is over."""

    def __init__(self) -> None:
        self._said = ""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            self._said = ""
        if type(error) not in (StorageError, Locked):
            return False
        if str(error) != self._said:
            self._said = str(error)
            say(f"flightlog: {safe_text(self._said)}", err=True)
        return True


def _show(store: Store, run: str, removed: bool) -> None:
    if removed:
        say_json({"id": run, "removed": True})
        return
    try:
        say_json(run_row(store.runs.get(run)))
    except NotFound:
        # Removed between the notice and the look; its own notice follows.
        return
