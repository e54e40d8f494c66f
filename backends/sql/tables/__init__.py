"""Every table, once, for every dialect.

Two groups: the *truth* of an SQL store (events, values, annotations, versions, patterns, the record
of operations, what lies in trash and archive), which is never rebuilt, and the *query tables*, which the
projector derives from events and which can be dropped and made again; they alone are the files backend's
and each source's index.

Small columns only in what lists read: no list walks the overflow pages of a body.
Texts compare as bytes; for what times are, and for PostgreSQL, see `column_types.py`.

Where an index leaves rows out, only SQLite is told so here: naming another dialect would load it.
"""

from .part_tables import (
    acts,
    approvals,
    artifacts,
    checkpoint_maps,
    checkpoints,
    costs,
    items,
    messages,
    metrics,
    snapshots,
    steps,
)
from .reading_tables import damage, folders, journals, marks, removed, spooled, spools
from .run_tables import notes, run_bodies, run_tags, runs, state
from .shared import derived
from .sum_tables import counters, outcomes, rollups, spent, spreads, tallies
from .truth_tables import (
    annotations,
    archives,
    events,
    operations,
    patterns,
    tombstones,
    trash,
    truth,
    values,
    version_meta,
    versions,
)
from .word_tables import LOG_WORDS, worded_runs

__all__ = [
    "LOG_WORDS",
    "SCHEMA",
    "acts",
    "annotations",
    "approvals",
    "archives",
    "artifacts",
    "checkpoint_maps",
    "checkpoints",
    "costs",
    "counters",
    "damage",
    "derived",
    "events",
    "folders",
    "items",
    "journals",
    "marks",
    "messages",
    "metrics",
    "notes",
    "operations",
    "outcomes",
    "patterns",
    "removed",
    "rollups",
    "run_bodies",
    "run_tags",
    "runs",
    "snapshots",
    "spent",
    "spooled",
    "spools",
    "spreads",
    "state",
    "steps",
    "tallies",
    "tombstones",
    "trash",
    "truth",
    "values",
    "version_meta",
    "versions",
    "worded_runs",
]

SCHEMA = "4"
"""Of the query tables: an index of another number is made anew. One more than the last release's, once they differ."""
