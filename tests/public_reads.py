"""Every public read of a store, to be called with whatever ids: what names nothing by its id, and what does."""

import contextlib
import inspect
import itertools

import pytest
from flightlog.core import repositories
from flightlog.core.errors import NotFound
from flightlog.core.logs import LogFilter
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING

SECRET = "quokka"
"""In every text of the other session."""
READS = ("runs", "logs", "checkpoints", "metrics")


def public(interface):
    """Names and signatures of an interface's methods."""
    for name, method in inspect.getmembers(interface, inspect.isfunction):
        if not name.startswith("_"):
            yield name, inspect.signature(method)


INTERFACES = {
    "runs": repositories.RunRepository,
    "logs": repositories.LogRepository,
    "checkpoints": repositories.CheckpointRepository,
    "metrics": repositories.MetricsRepository,
    "feed": repositories.FeedRepository,
    "upkeep": repositories.UpkeepRepository,
}
OTHERS = {
    "sort": Sort(),
    "seq": 1,
    "seqs": (1,),
    "key": "said",
    "keys": ("said",),
    "approval": "a1",
    "decision": "approved",
    "text": SECRET,
    "query": EVERYTHING,
    "rows": 1,
    "version": None,
    "versions": (None, 1),
    "parent": None,
    "span": 1,
    "by": "run",
    "workflow": f"{SECRET}-flow",
    "since": 0,
    "every": "day",
    "runs": (),
    "prefix": "",
    "filter": LogFilter(),
}
WRITES = {"annotate", "annotate_each", "record_pattern", "watch"}


def arguments(signature, ids):
    """The arguments that a call needs; None if it names nothing by id."""
    needed = [name for name, one in signature.parameters.items() if one.default is one.empty and name != "self"]
    if "run" in signature.parameters and "run" not in needed:
        needed.append("run")
    if not ids.keys() & set(needed):
        return None
    return {name: ids.get(name, OTHERS.get(name)) for name in needed}


def called(store, part, name, given):
    """What a call answers, an iterator as a list."""
    result = getattr(getattr(store, part), name)(**given)
    return list(result) if hasattr(result, "__next__") else result


def asked_by_id(store, ids):
    """`(name, sentence)` of every read that names something by its id, asked for these: each must be NotFound."""
    told = []
    for part in READS:
        for name, signature in public(INTERFACES[part]):
            given = arguments(signature, ids)
            if given is not None:
                with pytest.raises(NotFound) as found:
                    called(store, part, name, given)
                told.append((name, str(found.value)))
    return told


def told_without_an_id(store, *runs):
    """What every read tells that names nothing by its id: its name, and the answer as text. `runs` are asked for where
    some are to be named.
    """
    told = []
    for part in READS:
        for name, signature in public(INTERFACES[part]):
            by_id = arguments(signature, {"run": "", "checkpoint": "", "a": "", "one": ""}) is not None
            if name in WRITES or (by_id and name != "damage"):
                continue
            needed = [key for key, one in signature.parameters.items() if one.default is one.empty and key != "self"]
            given = {key: OTHERS[key] for key in needed}
            for by, key in itertools.product(
                ("day", "workflow", "version", "model", "agent", "session", "run"),
                ("workflow", "status", "model", "session", "project", "tag", "agent"),
            ):
                given |= {"by": by} if "by" in given else {}
                given |= {"key": key} if "key" in given else {}
                given |= {"runs": list(runs)} if "runs" in given else {}
                with contextlib.suppress(NotFound):
                    told.append((name, repr(called(store, part, name, given))))
                if not {"by", "key"} & given.keys():
                    break
    return told
