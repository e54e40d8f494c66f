"""The keys of the query language: one table for the parser, the help, completion and both evaluations."""

from difflib import get_close_matches
from typing import Literal

import msgspec

from ..runs import FINISHED, RUN_STATUSES

Kind = Literal[
    "text", "name", "id", "choice", "count", "size", "money", "took", "time", "number", "flag", "call", "log"
]
"""How a key's values are read and compared:

- `text`: the text contains the value, in whatever case; `=` the whole text
- `name`: exactly the value, where `*` stands for anything; with `=` `*` is itself; `""` means none
- `id`: an id that begins or ends with the value; `=` the whole id
- `choice`: one of a few words
- `count` `size` `money` `took` `number`: amounts, also `> >= < <=`
- `time`: a date, or an age: `started<7d` is younger than seven days
- `flag`: a word that stands alone
- `call`: one of the run's model calls, by a fact of its own: its day (UTC) as a time, its model or agent as a name,
  where `""` means a call that names none
- `log`: a word or phrase of a log message, `word*` the beginning of one;
  stands beside the rest of a query, not within `|`
"""


class Key(msgspec.Struct, frozen=True):
    """One key: its name, how it compares, what it means, and how it is typed."""

    name: str
    kind: Kind
    what: str
    example: str
    values: tuple[str, ...] = ()
    """All values of a choice."""
    field: str = ""
    """The run's field that it compares, where this has another name."""


STATUS_SETS: dict[str, frozenset[str]] = {
    "any": frozenset(RUN_STATUSES),
    "finished": FINISHED,
    "active": frozenset(RUN_STATUSES) - FINISHED - {"lost"},
}
"""Words that stand for several statuses."""

HAVING = (
    "checkpoint",
    "approval",
    "error",
    "cost",
    "artifact",
    "item",
    "message",
    "note",
    "tag",
    "log",
    "warning",
    "step",
    "metric",
    "parent",
    "session",
    "project",
)

_TABLE = (
    Key("status", "choice", "how it stands", "status:failed", (*RUN_STATUSES, *STATUS_SETS)),
    Key("workflow", "name", "id of its workflow", "workflow:triage"),
    Key("version", "count", "number of the workflow's version", "version>=3"),
    Key("model", "name", "a model it called", "model:gpt-4*"),
    Key("agent", "name", "an agent of one of its steps or calls", "agent:planner"),
    Key("session", "name", "the session it belongs to", "session:ana"),
    Key("project", "name", "the project it belongs to", "project:inbox"),
    Key("call", "call", "one of its model calls: by day (UTC), model or agent", "call.day:2026-11-20"),
    Key("tag", "name", "a tag it carries", "tag:nightly"),
    Key("plan", "name", "id of the plan it carries out", "plan:p-12", (), "plan_id"),
    Key("parent", "id", "the run that began it", "parent:01jd2k"),
    Key("id", "id", "its own id", "id:01jd2k"),
    Key("name", "text", "its name", "name:backfill"),
    Key("objective", "text", "its objective", 'objective:"sort the inbox"'),
    Key("error", "text", "the error it ended with", "error:timeout"),
    Key("step", "text", "the name of one of its steps", "step:fetch"),
    Key("step_error", "text", "the error of one of its steps, whatever became of it", "step_error:timeout"),
    Key("note", "text", "a note on it", "note:flaky"),
    Key("log", "log", "one of its log messages", "log:retrying"),
    Key("started", "time", "when it began", "started<7d"),
    Key("finished", "time", "when it ended", "finished:2026-11-20"),
    Key("active", "time", "when its newest event came", "active>2d", (), "last_event"),
    Key("since", "time", "began then or later", "since:2d", (), "started"),
    Key("until", "time", "began then or earlier", "until:2026-11-20", (), "started"),
    Key("took", "took", "how long it ran, or has been running", "took>1m30s"),
    Key("cost", "money", "dollars; never less than this where a price is unknown", "cost>0.5"),
    Key(
        "price",
        "choice",
        "where its cost is from",
        "price:unknown",
        ("recorded", "computed", "mixed", "unknown", "none"),
    ),
    Key("tokens", "count", "input and output tokens", "tokens>1M"),
    Key("size", "size", "bytes it takes where it is stored", "size>10MB", (), "size_bytes"),
    Key("attempt", "count", "which attempt it is", "attempt>1"),
    Key("steps", "count", "number of steps", "steps>10"),
    Key("items", "count", "number of batch rows", "items>100"),
    Key("failed_items", "count", "number of failed batch rows", "failed_items>0", (), "items_failed"),
    Key("events", "count", "number of events", "events>1k"),
    Key("logs", "count", "number of log entries", "logs>1k"),
    Key("warnings", "count", "number of warnings", "warnings>0"),
    Key("errors", "count", "number of log entries of level ERROR", "errors>0"),
    Key("checkpoints", "count", "number of checkpoints", "checkpoints>5"),
    Key("messages", "count", "number of messages", "messages>5"),
    Key("approvals", "count", "number of approvals asked for", "approvals>0"),
    Key("artifacts", "count", "number of artifacts", "artifacts>0"),
    Key("metric", "number", "a number it reported, or was given", "metric.score>0.9"),
    Key("meta", "name", "a value of its meta", "meta.customer:acme"),
    Key("source", "name", "the kind of source it was read from", "source:langgraph"),
    Key("has", "choice", "has at least one", "has:checkpoint", HAVING),
    Key("pinned", "flag", "is kept from every clean-up", "pinned"),
    Key("archived", "flag", "lies in the archive", "archived"),
    Key("damaged", "flag", "could not be read whole", "damaged"),
    Key("lost", "flag", "says running, but its writer is gone", "lost"),
)

KEYS: dict[str, Key] = {key.name: key for key in _TABLE}
"""Every key by its name. `metric` and `meta` take a name of the recorded thing after a dot, `call` one of its facts."""

WITH_NAME = ("metric", "meta", "call")
CALL_FACTS = ("day", "model", "agent")
FLAGS = frozenset(key.name for key in _TABLE if key.kind == "flag")
SIGNS = (":", "=", ">", ">=", "<", "<=")
"""The operators of a term; `a!=b` is `-a=b`."""


def suggest(word: str, among: tuple[str, ...] = tuple(KEYS)) -> str | None:
    """The one that a mistyped word most likely meant; None if none is near."""
    near = get_close_matches(word.lower(), among, n=1, cutoff=0.6)
    return near[0] if near else None
