"""Sources beside the runs of a data directory: how they are named, and how their runs are found."""

import json
import time

from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, parse


def name_sources(folder, *paths):
    """Writes the configuration of a data directory."""
    lines = [f"  - {{type: langgraph, path: {json.dumps(str(path))}}}" for path in paths]
    (folder / "flightlog.yaml").write_text("sources:\n" + "\n".join(lines) + "\n")


def foreign(store, thread):
    return next(
        run for run in store.runs.query(parse("workflow:mail-bot"), limit=1000).items if run.source_id == thread
    )


def everything(store, query=EVERYTHING, sort=Sort()):
    return store.runs.query(query, sort, limit=1000).items


def until(ask, holds):
    end = time.monotonic() + 30
    while not holds(found := ask()):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found
