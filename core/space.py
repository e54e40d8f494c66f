"""Space: what takes how much room in a store, as a tree that is looked at a level at a time."""

from typing import Literal

import msgspec

from .runs import Run

Kind = Literal[
    "store",
    "workflow",
    "run",
    # Inside a run.
    "logs",
    "states",
    "key",
    "events",
    "type",
    "artifacts",
    "artifact",
    "rest",
    # Beside workflows.
    "index",
    "tables",
    "free",
    "wal",
    "server",
    "archive",
    "trash",
    "spool",
    "annotations",
    "versions",
    "metrics",
    "reserve",
    "writers-index",
    "source",
    "other",
    # Files as they lie.
    "folder",
    "file",
]
"""`logs` are log entries, `events` all other events of a run (by `type`), `states` the values of its checkpoints (by
`key`), `rest` what is neither: a header, a damaged line.

`tables` is what a database takes beyond what was recorded: indexes, what was derived (less than nothing where it
packs more than these add); `free` its pages that hold nothing; `wal` its log beyond the pages that are only there;
`server` what else is in a server's database. `spool` are journals on their way to a database, `versions` definitions of
workflows, `reserve` what is given up when the disk is full, `writers-index` the index beside the data where who looks
has one of his own elsewhere, `other` files of the data directory that are none of
these."""

Sorting = Literal["size", "name", "count"]
"""The largest first, by name, or those of most runs (events, values, files) first; equals by name."""


class Node(msgspec.Struct, kw_only=True, frozen=True):
    """Something that takes room."""

    kind: Kind
    name: str
    """Its step in a path, unique among nodes of its kind beside it; of what lies beside workflows with a colon before
    it (`:index`), which no workflow begins with."""
    size_bytes: int
    count: int | None = None
    """Runs of a workflow, events of a run, values of a key, files of a folder …; None where nobody counts."""
    opens: bool = False
    """Whether there is something to look into."""
    apart: bool = False
    """It lies elsewhere, and is no part of the sum of what it is shown in."""
    run: Run | None = None
    """Of the kind `run`: itself."""


class Space(msgspec.Struct, kw_only=True, frozen=True):
    """One level of the tree."""

    path: tuple[Node, ...]
    """From the store down to what was looked at."""
    children: list[Node]
    """What it is made of, in order; empty for what does not open."""
    next: str | None = None
    """Pass as `after` for the children that follow; None when these are the last."""

    @property
    def node(self) -> Node:
        """What was looked at."""
        return self.path[-1]


def step_of(workflow: str) -> str:
    """The name of a workflow's node: the workflow's own, unless that begins as those of other nodes do."""
    return f":{workflow}" if workflow.startswith(":") else workflow


def path_of(run: Run) -> tuple[str, ...]:
    """Where a run lies in the tree."""
    place = (step_of(run.workflow), run.id)
    return (":archive", *place) if run.archived else place
