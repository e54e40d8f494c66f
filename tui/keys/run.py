"""Keys inside a run: its tabs, and what each of them adds."""

from .key import Key, Place

TREE = (
    Key("tree.choose", "enter", "choose", "open", "Look into it, or fold it", footer="choice"),
    Key("tree.fold", "space", "fold", "fold", "Fold or unfold", footer="fold", other="unfold"),
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
    Key("run.watch", "w", "watch", "watch", "Tell me when it ends, fails or asks; or no more (not in the log)"),
    Key("run.artifacts", "a", "tab('artifacts')", "artifacts", "The files that the run made"),
    Key("run.export", "ctrl+e", "export", "export", "Write the run into a page of HTML"),
    Key("run.redacted", "ctrl+r", "export(True)", "export redacted", "The same, what looks like a secret masked"),
)
"""Keys of the run screen."""

RUN_STEPS = (
    Key(
        "steps.log_of",
        "enter",
        "choose",
        "its log",
        "The run that the step began, or its log; in a run without one, fold",
        footer="logged",
        other="its run",
    ),
    Key("steps.layout", "v", "layout", "layout", "As a tree, as a waterfall, or as a graph", footer="steps"),
    Key("steps.fit", "f", "fit", "this step", "Waterfall: the step under the cursor alone", footer="spread"),
    Key("steps.zoom_in", "plus", "zoom(0.5)", "closer", "Waterfall: look closer", footer="spread"),
    Key("steps.whole", "0", "whole", "whole run", "Waterfall: the whole run", footer="zoomed"),
    Key("steps.next_failed", "e", "next_failed(1)", "next error", "To the next failed step", footer="failed"),
    Key("steps.previous_failed", "E", "next_failed(-1)", "previous error", "To the previous failed step"),
    Key("steps.open", "S", "next_open", "stuck", "To the oldest open step, then to the next one", footer="open"),
    Key("steps.search", "slash", "search", "search", "Search names, agents, kinds, inputs and errors", footer="steps"),
    Key("steps.next_match", "n", "next_match(1)", "next", "To the next match"),
    Key("steps.previous_match", "N", "next_match(-1)", "previous", "To the previous match"),
    Key("steps.detail", "d", "detail", "detail", "Show or hide the step's detail", footer="steps", other="hide detail"),
    Key("steps.zoom_out", "minus", "zoom(2.0)", "zoom out", "Waterfall: see more of the run", priority=True),
    Key("steps.earlier", "less_than_sign,shift+left", "pan(-1)", "earlier", "Waterfall: earlier; graph: more lanes"),
    Key("steps.later", "greater_than_sign,shift+right", "pan(1)", "later", "Waterfall: later; graph: more lanes"),
    Key("steps.log", "J", "screen.tab('logs')", "the log", "To the log, where one was"),
)

RUN_LOGS = (
    Key(
        "logs.choose", "enter", "choose", "entry", "Show or hide the whole entry", footer="entries", other="hide entry"
    ),
    Key("logs.follow", "f", "follow", "follow", "Stay at the newest entry", footer="entries", other="unfollow"),
    Key("logs.search", "slash", "search", "search", "Search the log's text", footer="entries"),
    Key("logs.next_match", "n", "next_match(1)", "next", "To the next match"),
    Key("logs.previous_match", "N", "next_match(-1)", "previous", "To the previous match"),
    Key("logs.next_error", "e", "next_level('ERROR', 1)", "error", "To the next error", footer="errors"),
    Key("logs.previous_error", "E", "next_level('ERROR', -1)", "previous error", "To the previous error"),
    Key("logs.next_warning", "w", "next_level('WARNING', 1)", "warning", "To the next warning or error"),
    Key("logs.previous_warning", "W", "next_level('WARNING', -1)", "previous warning", "To the previous one"),
    Key("logs.all", "1", "level('DEBUG')", "all", "Show all levels"),
    Key("logs.info", "2", "level('INFO')", "info", "Show INFO and more severe", footer="entries"),
    Key("logs.warnings", "3", "level('WARNING')", "warnings", "Show WARNING and ERROR"),
    Key("logs.errors", "4", "level('ERROR')", "errors", "Show ERROR alone"),
    Key("logs.step", "J", "to_step", "its step", "To the step that wrote the entry; there, back to the log"),
    Key("logs.of_step", "S", "of_step", "of the step", "Only the entries of this entry's step, or all"),
    Key("logs.of_request", "R", "of_request", "of the request", "Only the entries of this entry's request, or all"),
    Key("logs.bars", "h", "bars", "histogram", "Show the log over its time, and jump in it; again hides it"),
    Key("logs.time", "T", "time", "time", "Go to a time: 10:03, +5m, -1h or 2026-11-20T10:03"),
    Key("logs.pretty", "P", "pretty", "pretty JSON", "JSON in a message as a tree, or as it was written"),
    Key("logs.copy", "y", "copy", "copy", "Copy the entry as text"),
    Key(
        "logs.copy_json",
        "Y",
        "copy_json",
        "copy JSON",
        "Copy the entry as JSON, as `flightlog logs --json` has it",
    ),
    Key(
        "logs.bookmark",
        "b",
        "bookmark",
        "bookmark",
        "Bookmark the entry, to find it again; or no more",
        footer="entries",
        other="unbookmark",
    ),
    Key("logs.next_bookmark", "u", "next_bookmark(1)", "next bookmark", "To the next bookmark", footer="bookmarks"),
    Key("logs.previous_bookmark", "U", "next_bookmark(-1)", "bookmark before", "To the bookmark before"),
    Key("logs.bookmarks", "B", "bookmarks", "bookmarks", "All bookmarks of this log", footer="bookmarks"),
    Key("logs.wrap", "v", "wrap", "wrap", "Wrap long lines, or cut them", footer="entries", other="cut lines"),
)

LOG_BARS = (
    Key("log_bars.next", "right", "bar(1)", "next bar", "To the next bar that has an entry"),
    Key("log_bars.previous", "left", "bar(-1)", "previous bar", "To the one before"),
    Key("log_bars.leave", "enter,down,up", "leave", "to the log", "Back to the lines, at the bar's time"),
)

BOOKMARKS = (
    Key("bookmarks.open", "enter", "open", "to the log", "To the entry in the log", footer="line"),
    Key(
        "bookmarks.take_off",
        "b",
        "take_off",
        "take off",
        "Take the bookmark off, or set it again",
        footer="line",
        other="set again",
    ),
)
"""Keys of the list of a log's bookmarks."""

RUN_STATES = (
    Key("states.previous", "left", "scrub(-1)", "previous", "To the previous checkpoint", priority=True),
    Key(
        "states.next", "right", "scrub(1)", "next state", "To the next checkpoint", footer="checkpoints", priority=True
    ),
    Key(
        "states.view",
        "v",
        "view",
        "all keys",
        "Show all keys, or only those that changed",
        footer="checkpoints",
        other="changed keys",
    ),
    Key(
        "states.mark",
        "x",
        "mark",
        "mark",
        "Mark a checkpoint; two are compared, of other runs too",
        footer="checkpoints",
        other="unmark",
    ),
    Key("states.blame", "b", "blame", "blame", "Which step last wrote the key", footer="checkpoints"),
    Key("states.search", "slash", "search", "search", "Search the state's keys and values", footer="checkpoints"),
    Key("states.next_match", "n", "next_match(1)", "next", "To the next match"),
    Key("states.previous_match", "N", "next_match(-1)", "previous", "To the previous match"),
    Key("states.step", "J", "to_step", "its step", "To the step that last wrote the key, or took the checkpoint"),
    Key(
        "states.branch", "B", "branch", "branch", "How a program goes on from here: lines to copy", footer="checkpoints"
    ),
    Key("states.export", "e", "export", "export", "Write the state to a new JSON file", footer="checkpoints"),
    Key("states.copy", "y", "copy", "copy", "Copy the value under the cursor; on a checkpoint, its whole state"),
)

RUN_MESSAGES = (
    Key(
        "messages.whole",
        "enter",
        "choose",
        "whole",
        "The whole message, or its beginning",
        footer="cut",
        other="beginning",
    ),
    Key("messages.next", "n", "next_message(1)", "next", "To the next message, or match", footer="messages"),
    Key("messages.previous", "N", "next_message(-1)", "previous", "To the previous message, or match"),
    Key(
        "messages.search",
        "slash",
        "search",
        "search",
        "Search what was said, also what is not read yet",
        footer="messages",
    ),
    Key(
        "messages.pair",
        "f",
        "pair",
        "these two",
        "Only what these two say to each other, or all",
        footer="of_many",
        other="all messages",
    ),
    Key("messages.step", "J", "to_step", "its step", "To the step that said it", footer="of_step"),
)

RUN_COSTS = (
    Key("run_costs.group", "v", "group", "table", "By step, by model, by agent, or all of these", footer="costs"),
    Key("run_costs.what_if", "w", "what_if", "what if", "What it would have cost with another model", footer="costs"),
)

RUN_ITEMS = (
    Key(
        "items.failed", "f", "failed_only", "failed only", "Failed rows alone, or all", footer="items", other="all rows"
    ),
    Key(
        "items.status",
        "F",
        "next_status",
        "status",
        "Processing, pending, completed or skipped rows alone, or all",
    ),
)

RUN_APPROVALS = (
    Key(
        "approvals.approve", "y", "answer('approved')", "approve", "Approve what waits", footer="waiting", changes=True
    ),
    Key("approvals.reject", "n", "answer('rejected')", "reject", "Reject what waits", footer="waiting", changes=True),
)

RUN_ARTIFACTS = (
    Key("artifacts.edit", "E", "edit", "edit a copy", "A copy of the file in $VISUAL or $EDITOR", footer="artifact"),
    Key("artifacts.copy", "y", "copy_path", "copy path", "The file's path, to the clipboard", footer="artifact"),
)

PLACES = (
    Place("tree", "Inside a run: trees", TREE),
    Place("run", "Inside a run", RUN, ("tree", "place")),
    Place("steps", "Inside a run: steps", RUN_STEPS, ("run", "tree")),
    Place("logs", "Inside a run: logs", RUN_LOGS, ("run",)),
    Place("log_bars", "Inside a run: the log over its time", LOG_BARS, ("logs", "run")),
    Place("bookmarks", "Bookmarks of a log", BOOKMARKS),
    Place("states", "Inside a run: states", RUN_STATES, ("run", "tree")),
    Place("messages", "Inside a run: messages", RUN_MESSAGES, ("run", "tree")),
    Place("run_costs", "Inside a run: costs", RUN_COSTS, ("run", "tree")),
    Place("items", "Inside a run: items", RUN_ITEMS, ("run", "tree")),
    Place("approvals", "Inside a run: approvals", RUN_APPROVALS, ("run", "tree")),
    Place("artifacts", "Inside a run: artifacts", RUN_ARTIFACTS, ("run", "tree")),
)
