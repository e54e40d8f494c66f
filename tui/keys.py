"""The one table of keys. Bindings, the bottom line, `?`, the command palette and the README's list are made from it.

To add a key: add a row to the list of the place it works in, and an `action_…` method of that
name to its screen or widget. Places are listed in `PLACES`, the innermost last.
"""

from collections.abc import Iterator
from typing import NamedTuple

from textual.binding import Binding, BindingType


class Key(NamedTuple):
    """What one key, or several, does in one place."""

    id: str
    """Unique in the whole table, `runs.pin`; a person's own keys name it."""
    keys: str
    """Textual's names, separated by commas; the first is shown."""
    action: str
    label: str
    """One or two words for the bottom line."""
    help: str
    """What it does, for `?` and the palette."""
    footer: bool = False
    """Whether the bottom line shows it."""
    changes: bool = False
    """Whether it changes the store: not offered when that is read-only."""
    priority: bool = False
    """Whether it works before the focused widget sees the key."""


class Place(NamedTuple):
    """Where a list of keys works."""

    id: str
    title: str
    keys: tuple[Key, ...]


APP = (
    Key("app.back", "escape", "back", "back", "Step out one layer", footer=False),
    Key("app.help", "question_mark", "help", "keys", "Show the keys that work here", footer=True),
    Key("app.palette", "ctrl+p", "command_palette", "commands", "Find any command by its name", footer=True),
    Key("app.refresh", "r", "refresh", "refresh", "Read everything again"),
    Key("app.quit", "q,ctrl+q", "quit", "quit", "Quit", footer=True),
)

MOVES = (
    Key("move.down", "j,down", "cursor_down", "down", "Next line"),
    Key("move.up", "k,up", "cursor_up", "up", "Previous line"),
    Key("move.page_down", "ctrl+d,pagedown", "page_down", "page down", "One page down"),
    Key("move.page_up", "ctrl+u,pageup", "page_up", "page up", "One page up"),
    Key("move.home", "g,home", "home", "first", "To the first line"),
    Key("move.end", "G,end", "end", "last", "To the last line"),
    Key("move.next_pane", "tab", "focus_next", "next pane", "To the next part of the screen"),
    Key("move.previous_pane", "shift+tab", "focus_previous", "previous pane", "To the previous part of the screen"),
)

PLACE = (
    Key("place.runs", "1", "app.place('runs')", "runs", "To the runs"),
    Key("place.workflows", "2", "app.place('workflows')", "workflows", "To the workflows and their versions"),
    Key("place.costs", "3", "app.place('costs')", "costs", "To what was spent, and the budgets"),
    Key("place.space", "4", "app.place('space')", "space", "To what takes the room"),
    Key("place.retention", "5", "app.place('retention')", "retention", "To what may go: the policy and its plan"),
)
"""Keys of the places themselves."""

RUNS = (
    Key("runs.open", "enter", "open", "open", "Look into the run, or fold a group", footer=True),
    Key("runs.mark", "space", "mark", "mark", "Mark or unmark the run", footer=True),
    Key("runs.mark_down", "J,shift+down", "mark_down", "mark down", "Mark the run and go to the next"),
    Key("runs.mark_up", "K,shift+up", "mark_up", "mark up", "Mark the run and go to the previous"),
    Key("runs.mark_all", "asterisk", "mark_all", "mark all", "Mark all runs that the filter shows, or none"),
    Key("runs.filter", "slash", "filter", "filter", "Filter the list", footer=True),
    Key("runs.sort", "s", "sort", "sort", "Sort by the next column", footer=True),
    Key(
        "runs.archive",
        "A",
        "archive",
        "archive",
        "Pack the runs away: readable, but smaller",
        footer=True,
        changes=True,
    ),
    Key("runs.delete", "D", "delete", "delete", "Move the runs to the trash", footer=True, changes=True),
    Key("runs.undo", "z", "undo", "undo", "Take back what was last done with runs", footer=True, changes=True),
    Key("runs.reverse", "S", "reverse", "reverse", "Reverse the order"),
    Key("runs.group", "b", "group", "group", "Group by session, by project, or not", footer=True),
    Key("runs.follow", "f", "follow", "follow", "Keep the cursor on the newest run", footer=True),
    Key(
        "runs.pin",
        "p",
        "pin",
        "pin",
        "Pin or unpin: a pinned run is kept from every clean-up",
        footer=True,
        changes=True,
    ),
    Key("runs.tag", "t", "tag", "tag", "Tag the runs, or take a tag off", footer=True, changes=True),
    Key("runs.note", "n", "note", "note", "Write a note on the run", changes=True),
    Key("runs.restore", "R", "restore", "restore", "Unpack archived runs", changes=True),
    Key("runs.stop", "X", "stop", "stop", "Stop what is being done with runs, between two of them", changes=True),
    Key("runs.preview", "v", "preview", "preview", "Show or hide the preview"),
    Key("runs.copy", "y", "copy_id", "copy id", "Copy the run's id"),
)

TREE = (
    Key("tree.choose", "enter", "choose", "open", "Look into it, or fold it", footer=True),
    Key("tree.fold", "space", "fold", "fold", "Fold or unfold", footer=True),
    Key("tree.unfold", "right", "unfold", "unfold", "Unfold, or go to what is under it"),
    Key("tree.up", "left", "fold_or_up", "fold", "Fold, or go to what it is under"),
    Key("tree.unfold_all", "asterisk", "unfold_all", "unfold all", "Unfold what is under it, a level with each press"),
    Key("tree.fold_all", "minus", "fold_all", "fold all", "Fold everything"),
)
"""Keys of every tree inside a run."""

RUN = (
    Key("run.next_tab", "right_square_bracket", "next_tab(1)", "next tab", "To the next tab", footer=True),
    Key("run.previous_tab", "left_square_bracket", "next_tab(-1)", "previous tab", "To the previous tab"),
    Key("run.overview", "o", "tab('overview')", "overview", "Who, what, when, and how it ended"),
    Key("run.steps", "s", "tab('steps')", "steps", "The steps as a tree, on one time scale"),
    Key("run.logs", "l", "tab('logs')", "logs", "The log, from its newest end"),
    Key("run.states", "t", "tab('states')", "states", "The checkpoints and their states"),
    Key("run.costs", "c", "tab('costs')", "costs", "Tokens and money by step and model"),
    Key("run.messages", "m", "tab('messages')", "messages", "What agents said to each other"),
    Key("run.items", "i", "tab('items')", "items", "Batch rows, failed ones first"),
    Key("run.approvals", "p", "tab('approvals')", "approvals", "What waits, or waited, for a person"),
    Key("run.artifacts", "a", "tab('artifacts')", "artifacts", "The files that the run made"),
)
"""Keys of the run screen."""

RUN_STEPS = (
    Key("steps.next_failed", "e", "next_failed(1)", "next error", "To the next failed step", footer=True),
    Key("steps.previous_failed", "E", "next_failed(-1)", "previous error", "To the previous failed step"),
    Key("steps.detail", "d", "detail", "detail", "Show or hide the step's detail", footer=True),
)

RUN_LOGS = (
    Key("logs.choose", "enter", "choose", "entry", "Show or hide the whole entry", footer=True),
    Key("logs.follow", "f", "follow", "follow", "Stay at the newest entry", footer=True),
    Key("logs.search", "slash", "search", "search", "Search the log's text", footer=True),
    Key("logs.next_match", "n", "next_match(1)", "next", "To the next match"),
    Key("logs.previous_match", "N", "next_match(-1)", "previous", "To the previous match"),
    Key("logs.next_error", "e", "next_level('ERROR', 1)", "error", "To the next error", footer=True),
    Key("logs.previous_error", "E", "next_level('ERROR', -1)", "previous error", "To the previous error"),
    Key("logs.next_warning", "w", "next_level('WARNING', 1)", "warning", "To the next warning or error"),
    Key("logs.previous_warning", "W", "next_level('WARNING', -1)", "previous warning", "To the previous one"),
    Key("logs.all", "1", "level('DEBUG')", "all", "Show all levels"),
    Key("logs.info", "2", "level('INFO')", "info", "Show INFO and more severe", footer=True),
    Key("logs.warnings", "3", "level('WARNING')", "warnings", "Show WARNING and ERROR"),
    Key("logs.errors", "4", "level('ERROR')", "errors", "Show ERROR alone"),
    Key("logs.step", "J", "to_step", "its step", "To the step that wrote the entry"),
    Key("logs.wrap", "v", "wrap", "wrap", "Wrap long lines, or cut them", footer=True),
)

RUN_STATES = (
    Key("states.previous", "left", "scrub(-1)", "previous", "To the previous checkpoint", priority=True),
    Key("states.next", "right", "scrub(1)", "next state", "To the next checkpoint", footer=True, priority=True),
    Key("states.view", "v", "view", "all keys", "Show all keys, or only those that changed", footer=True),
    Key("states.mark", "x", "mark", "mark", "Mark a checkpoint; two marked ones are compared", footer=True),
    Key("states.blame", "b", "blame", "blame", "Which step last wrote the key", footer=True),
)

RUN_APPROVALS = (
    Key("approvals.approve", "y", "answer('approved')", "approve", "Approve what waits", footer=True, changes=True),
    Key("approvals.reject", "n", "answer('rejected')", "reject", "Reject what waits", footer=True, changes=True),
)

WORKFLOWS = (
    Key("workflows.open", "enter", "open", "open", "To the workflow's versions, or into a version", footer=True),
    Key("workflows.runs", "u", "runs", "runs", "The runs of the workflow, or of the version", footer=True),
    Key("workflows.mark", "x", "mark", "mark", "Mark a version; two marked ones are compared", footer=True),
    Key(
        "workflows.diff",
        "d",
        "diff",
        "diff",
        "Compare the marked versions, or one with its parent",
        footer=True,
    ),
    Key("workflows.patterns", "p", "patterns", "patterns", "Show what was observed, or the versions", footer=True),
    Key("workflows.sort", "s", "sort", "sort", "Sort the workflows by the next column", footer=True),
)

COSTS = (
    Key("costs.open", "enter", "open", "runs", "The runs of the line, or that spend of the budget", footer=True),
    Key("costs.next", "right_square_bracket,right", "next_axis(1)", "group", "Grouped in the next way", footer=True),
    Key("costs.previous", "left_square_bracket,left", "next_axis(-1)", "group back", "Grouped in the previous way"),
    Key("costs.day", "d", "by('day')", "by day", "By day (UTC)"),
    Key("costs.workflow", "w", "by('workflow')", "by workflow", "By workflow"),
    Key("costs.version", "v", "by('version')", "by version", "By version of a workflow"),
    Key("costs.model", "m", "by('model')", "by model", "By model"),
    Key("costs.agent", "a", "by('agent')", "by agent", "By agent"),
    Key("costs.session", "e", "by('session')", "by session", "By session"),
    Key("costs.window", "t", "window", "time", "Of all time, the last 30 days, 7 days, or today", footer=True),
    Key("costs.filter", "slash", "filter", "filter", "Only the runs that match a query", footer=True),
    Key("costs.sort", "s", "sort", "sort", "Sort by the next column", footer=True),
    Key("costs.reverse", "S", "reverse", "reverse", "Reverse the order"),
)

PLAN = (
    Key("plan.open", "enter", "open", "open", "Look into the run", footer=True),
    Key("plan.edit", "e", "edit", "edit policy", "Write in the policy; the plan follows", footer=True),
    Key("plan.apply", "A", "apply", "apply", "Do what the plan says, after a question", footer=True, changes=True),
    Key("plan.show", "f", "show", "show", "Only what is archived, or trashed, or kept, or everything", footer=True),
    Key("plan.sort", "s", "sort", "sort", "Sort by the next column", footer=True),
    Key("plan.reverse", "S", "reverse", "reverse", "Reverse the order"),
    Key("plan.save", "ctrl+s", "save", "save", "Write the policy into its file", footer=True, changes=True),
    Key("plan.revert", "ctrl+r", "revert", "as saved", "Take the policy that the file says"),
)

RETENTION = (
    Key("retention.next_tab", "right_square_bracket", "next_tab(1)", "next tab", "To the next tab", footer=True),
    Key("retention.previous_tab", "left_square_bracket", "next_tab(-1)", "previous tab", "To the previous tab"),
    Key("retention.plan", "p", "tab('plan')", "plan", "The policy, and what it would do"),
    Key("retention.archive", "a", "tab('archive')", "archive", "What lies in the archive"),
    Key("retention.trash", "t", "tab('trash')", "trash", "What lies in the trash, and until when"),
    Key("retention.audit", "u", "tab('audit')", "audit", "Who did what, and when"),
    Key("retention.pause", "b", "pause", "pause", "Pause what the policy does by itself, or go on", changes=True),
    Key("retention.undo", "z", "undo", "undo", "Take back what was last done with runs", changes=True),
    Key("retention.stop", "X", "stop", "stop", "Stop what is being done with runs, between two of them", changes=True),
)

ARCHIVE = (
    Key("archive.open", "enter", "open", "open", "Look into the run; it is read where it lies", footer=True),
    Key("archive.filter", "slash", "filter", "filter", "Only the runs that match a query", footer=True),
    Key("archive.restore", "R", "restore", "restore", "Unpack the run", footer=True, changes=True),
    Key("archive.restore_all", "M", "restore_all", "restore all", "Unpack all that are shown", changes=True),
    Key("archive.verify", "v", "verify", "verify", "Read the run whole and compare every digest", footer=True),
    Key("archive.verify_all", "V", "verify_all", "verify all", "The same with all that are shown", footer=True),
)

TRASH = (
    Key("trash.open", "enter", "open", "open", "The operation that put the run here", footer=True),
    Key("trash.undo", "z", "take_back", "undo", "Take back the deletion of the run", footer=True, changes=True),
    Key("trash.purge", "P", "purge", "purge", "Remove the run for good, after a question", footer=True, changes=True),
    Key("trash.empty", "E", "empty_trash", "empty", "Remove all of them for good", footer=True, changes=True),
)

AUDIT = (
    Key("audit.open", "enter", "open", "open", "The runs of the operation, or the run", footer=True),
    Key("audit.undo", "z", "take_back", "undo", "Take back the operation", footer=True, changes=True),
)

OPERATION = (
    Key("operation.open", "enter", "open", "open", "Look into the run", footer=True),
    Key("operation.undo", "z", "take_back", "undo", "Take back the operation", footer=True, changes=True),
)

POLICY = (
    Key("policy.leave", "escape", "leave", "plan", "Back to the plan", footer=True),
    Key("policy.save", "ctrl+s", "save", "save", "Write the policy into its file", footer=True, changes=True),
    Key("policy.revert", "ctrl+r", "revert", "as saved", "Take the policy that the file says", footer=True),
)

SPACE = (
    Key(
        "space.open",
        "enter,right",
        "open",
        "open",
        "Look into it: workflow, run, its parts, its states",
        footer=True,
    ),
    Key("space.out", "left,backspace", "out", "out", "Out again, to what it lies in", footer=True),
    Key("space.mark", "space", "mark", "mark", "Mark or unmark the run or workflow", footer=True),
    Key("space.archive", "A", "archive", "archive", "Pack the runs into the archive", footer=True, changes=True),
    Key("space.delete", "D", "delete", "delete", "Move the runs to the trash", footer=True, changes=True),
    Key("space.undo", "z", "undo", "undo", "Take back what was last done with runs", footer=True, changes=True),
    Key("space.sort", "s", "sort", "sort", "Sort by size, name, or how much it holds", footer=True),
    Key("space.runs", "u", "runs", "runs", "The run itself, or the runs of the workflow", footer=True),
    Key("space.mark_down", "J,shift+down", "mark_down", "mark down", "Mark it and go to the next"),
    Key("space.mark_up", "K,shift+up", "mark_up", "mark up", "Mark it and go to the previous"),
    Key("space.mark_all", "asterisk", "mark_all", "mark all", "Mark all that is shown, or none"),
    Key("space.restore", "R", "restore", "restore", "Unpack archived runs", changes=True),
    Key("space.stop", "X", "stop", "stop", "Stop what is being done with runs, between two of them", changes=True),
    Key("space.compact", "c", "compact", "compact", "Give a database's free pages back to the disk", changes=True),
    Key("space.preview", "v", "preview", "preview", "Show or hide the preview"),
)

VERSION = (
    Key("version.diff", "d", "diff", "diff", "Against its parent", footer=True),
    Key("version.runs", "u", "runs", "runs", "The runs of this version", footer=True),
    Key("version.older", "left_square_bracket,left", "step(-1)", "older", "To the version before it", footer=True),
    Key("version.newer", "right_square_bracket,right", "step(1)", "newer", "To the version after it", footer=True),
    Key("version.copy", "y", "copy", "copy", "Copy the definition"),
)

DIFF = (
    Key("diff.next", "n", "change(1)", "next", "To the next difference", footer=True),
    Key("diff.previous", "N", "change(-1)", "previous", "To the previous difference"),
    Key("diff.view", "v", "view", "side by side", "Side by side, or one below the other", footer=True),
    Key("diff.all", "a", "all", "all lines", "Show all lines, or only those near a difference", footer=True),
    Key("diff.swap", "s", "swap", "swap", "The other way round", footer=True),
)

PLACES = (
    Place("app", "Everywhere", APP),
    Place("place", "Places", PLACE),
    Place("moves", "Moving", MOVES),
    Place("runs", "Runs", RUNS),
    Place("workflows", "Workflows", WORKFLOWS),
    Place("version", "Inside a version", VERSION),
    Place("diff", "Two versions compared", DIFF),
    Place("costs", "Costs", COSTS),
    Place("retention", "Retention", RETENTION),
    Place("space", "Space", SPACE),
    Place("plan", "Retention: the plan", PLAN),
    Place("policy", "Retention: the policy", POLICY),
    Place("archive", "Retention: the archive", ARCHIVE),
    Place("trash", "Retention: the trash", TRASH),
    Place("audit", "Retention: the audit trail", AUDIT),
    Place("operation", "Retention: one operation", OPERATION),
    Place("tree", "Inside a run: trees", TREE),
    Place("run", "Inside a run", RUN),
    Place("steps", "Inside a run: steps", RUN_STEPS),
    Place("logs", "Inside a run: logs", RUN_LOGS),
    Place("states", "Inside a run: states", RUN_STATES),
    Place("approvals", "Inside a run: approvals", RUN_APPROVALS),
)


def place(id: str) -> Place:
    """A place by its id; raises KeyError."""
    return _BY_ID[id]


def bindings(*ids: str) -> list[BindingType]:
    """Textual bindings of the places' keys, for a class's `BINDINGS`."""
    return [
        Binding(key.keys, key.action, key.label, id=key.id, show=False, priority=key.priority, tooltip=key.help)
        for id in ids
        for key in place(id).keys
    ]


def offered(ids: tuple[str, ...], *, read_only: bool) -> Iterator[Key]:
    """Keys of the places that can be used now."""
    return (key for id in ids for key in place(id).keys if not (key.changes and read_only))


def shown(key: Key | str) -> str:
    """A key as it is written on screen: `^p`, `space`, `*`; the first one where there are several."""
    name = (key.keys if isinstance(key, Key) else key).split(",", 1)[0]
    return _written(name)


def all_shown(key: Key) -> str:
    """All keys of a row as written: `j ↓`."""
    return " ".join(_written(name) for name in key.keys.split(","))


_WRITTEN = {
    "question_mark": "?",
    "slash": "/",
    "asterisk": "*",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "full_stop": ".",
    "at": "@",
    "exclamation_mark": "!",
}


def _written(name: str) -> str:
    *modifiers, last = name.split("+")
    last = _WRITTEN.get(last, last)
    return "".join({"ctrl": "^", "shift": "shift-", "alt": "alt-"}[modifier] for modifier in modifiers) + last


_BY_ID = {place.id: place for place in PLACES}
