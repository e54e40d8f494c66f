"""What the kinds of things that take room are called, what they hold, and what a person may want to know of them."""

from ...core.space import Kind, Node
from .. import format
from ..lines import one_line

_NAMES: dict[Kind, str] = {
    "store": "the whole store",
    "logs": "log entries",
    "states": "states",
    "events": "other events",
    "artifacts": "artifacts",
    "rest": "the rest",
    "index": "index",
    "tables": "tables and indexes",
    "free": "free pages",
    "wal": "write-ahead log",
    "server": "what else is in the database",
    "archive": "archive",
    "trash": "trash",
    "spool": "spool",
    "annotations": "pins, tags, notes",
    "versions": "definitions",
    "metrics": "patterns",
    "reserve": "reserve",
    "writers-index": "writers' index",
    "other": "other files",
}
"""Of what has no name of its own."""

HOLDS: dict[Kind, str] = {
    "store": "run",
    "workflow": "run",
    "archive": "run",
    "run": "event",
    "logs": "entry",
    "events": "event",
    "type": "event",
    "states": "value",
    "key": "value",
    "rest": "value",
    "artifacts": "file",
    "free": "page",
}
_MANY = {"entry": "entries"}

ABOUT: dict[Kind, str] = {
    "store": "The lengths of all files. A disk gives each whole blocks, so that many small ones take more of it.",
    "workflow": "What the runs of the workflow take, those in the archive not counted.",
    "run": "What was recorded of the run; its artifacts are files elsewhere, and not counted.",
    "logs": "Log entries, as they were recorded.",
    "states": "The values of checkpoints: each is kept once, and what only grew by what was added.",
    "events": "All events that are no log entries.",
    "type": "Events of one type.",
    "key": "Values that this key of the state had; one that others have too is counted where it came first.",
    "artifacts": "Files that the run made. They lie where the run put them, and are not in any sum here.",
    "artifact": "As large as when the run told of it.",
    "rest": "Headers, lines that are damaged, values of no state.",
    "index": "Can be deleted while Flightlog is closed: it is made anew from the journals.",
    "tables": "What lists, search and sums are read from, beside the bytes that were recorded.",
    "free": "Pages of the database that hold nothing any more. New rows go there first.",
    "wal": "The database's log, beyond the pages that are only there. It is emptied as it is copied back.",
    "server": "The server's catalog, and whatever else is in the same database.",
    "archive": "Runs that were packed into a file each, by workflow.",
    "trash": "Removed, and can be brought back until it is emptied.",
    "spool": "Journals on their way to the database; they go when their run has ended and arrived.",
    "annotations": "What people added to runs.",
    "versions": "Versions of workflows, as YAML.",
    "metrics": "Patterns that were observed in the runs of workflows.",
    "reserve": "Given up when the disk is full, so that something can be deleted then.",
    "writers-index": "Of those who may write here. You read by an index of your own, which lies in your cache folder.",
    "source": "Another program's data, which is only read. It is not in the sum.",
    "other": "What else lies in the data directory: settings, the record, a mirror, your own files.",
    "folder": "A folder, with all that is in it.",
    "file": "A file.",
}

SWELL = (
    "It is so small that it takes more room in the archive.",
    "They are so small that they take more room in the archive.",
)
"""Of one run that is to be archived, and of several; nobody is to wait for room that does not come."""


def name_of(node: Node, limit: int = 200) -> str:
    """What something is called; recorded text is made safe."""
    if node.kind == "run" and node.run is not None:
        return one_line(f"{node.name}  {node.run.name}" if node.run.name else node.name, limit)
    if node.kind == "source":
        return one_line(f"source {node.name.removeprefix(':')}", limit)
    if node.kind == "workflow" and node.name.startswith("::"):
        return one_line(node.name[1:], limit)
    if node.kind == "key" and not node.name:
        return '""'
    return _NAMES.get(node.kind) or one_line(node.name, limit)


def holds(node: Node) -> str:
    """What and how many it holds: `15 runs`; empty where nobody counts."""
    if node.count is None:
        return ""
    one = HOLDS.get(node.kind, "file")
    return format.plural(node.count, one, _MANY.get(one, ""))


def share(node: Node, whole: int) -> str:
    """The part of a sum in whole percents; what is more than nothing is not called nothing."""
    if node.apart or node.size_bytes <= 0 or whole <= 0:
        return ""
    return "<1%" if node.size_bytes * 200 < whole else f"{(node.size_bytes * 200 + whole) // (2 * whole)}%"


def size_of(node: Node) -> str:
    """Bytes; with a plus before what lies elsewhere, and is in no sum."""
    return ("+" if node.apart else "") + format.size(node.size_bytes)
