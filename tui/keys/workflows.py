"""Keys of the workflows, of a version, and of two that are compared."""

from .key import Key, Place

WORKFLOWS = (
    Key("workflows.open", "enter", "open", "open", "To the workflow's versions, or into a version", footer="line"),
    Key("workflows.runs", "u", "runs", "runs", "The runs of the workflow, or of the version", footer="workflow"),
    Key(
        "workflows.mark",
        "x",
        "mark",
        "mark",
        "Mark a version; two marked ones are compared",
        footer="version",
        other="unmark",
    ),
    Key(
        "workflows.diff",
        "d",
        "diff",
        "diff",
        "Compare the marked versions, or one with its parent",
        footer="versions",
    ),
    Key(
        "workflows.patterns",
        "p",
        "patterns",
        "patterns",
        "Show what was observed, or the versions",
        footer="workflow",
        other="versions",
    ),
    Key(
        "workflows.cost_rose",
        "b",
        "rose('cost')",
        "cost rose",
        "To the first version whose runs cost more",
        footer="versions",
    ),
    Key(
        "workflows.failures_rose", "B", "rose('failures')", "failures rose", "To the first one of which more runs fail"
    ),
    Key("workflows.edit", "e", "edit", "edit", "Write a new version from this one", changes=True),
    Key("workflows.sort", "s", "sort", "sort", "Sort the workflows by the next column", footer="workflow"),
)

VERSION = (
    Key("version.diff", "d", "diff", "diff", "Against its parent", footer="version"),
    Key("version.runs", "u", "runs", "runs", "The runs of this version", footer="version"),
    Key("version.older", "left_square_bracket,left", "step(-1)", "older", "To the version before it", footer="older"),
    Key("version.newer", "right_square_bracket,right", "step(1)", "newer", "To the version after it", footer="newer"),
    Key("version.edit", "e", "edit", "edit", "Write a new version from this one", footer="version", changes=True),
    Key("version.copy", "y", "copy", "copy", "Copy the definition"),
)

DIFF = (
    Key("diff.next", "n", "change(1)", "next", "To the next difference", footer="changes"),
    Key("diff.previous", "N", "change(-1)", "previous", "To the previous difference"),
    Key(
        "diff.view",
        "v",
        "view",
        "side by side",
        "Side by side, or one below the other",
        footer="lines",
        other="unified",
    ),
    Key(
        "diff.all",
        "a",
        "all",
        "all lines",
        "Show all lines, or only those near a difference",
        footer="far",
        other="near lines",
    ),
    Key("diff.outcome", "o", "outcome", "outcomes", "Fold or unfold what the runs of both came to"),
    Key("diff.runs", "h", "runs", "over their runs", "How the runs of both versions compare", footer="both"),
    Key("diff.swap", "s", "swap", "swap", "The other way round", footer="both"),
)

EDIT = (
    Key("edit.save", "ctrl+s", "save", "save", "Save it as a new version, with a note", footer="changed", changes=True),
    Key("edit.own", "ctrl+o", "own_editor", "own editor", "Write in the editor that EDITOR names", footer=True),
    Key("edit.leave", "escape,ctrl+q", "leave", "leave", "Back; what was written is asked about", footer=True),
)

SPREAD = (Key("spread.swap", "s", "swap", "swap", "The other way round", footer=True),)

PLACES = (
    Place("workflows", "Workflows", WORKFLOWS, ("place",)),
    Place("version", "Inside a version", VERSION, ("place",)),
    Place("diff", "Two versions compared", DIFF, ("place",)),
    Place("edit", "A new version is written", EDIT),
    Place("spread", "Two versions over their runs", SPREAD, ("place",)),
)
