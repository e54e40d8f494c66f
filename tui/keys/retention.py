"""Keys of what may go: plan, policy, archive, trash and audit trail."""

from .key import Key, Place

RETENTION = (
    Key("retention.next_tab", "right_square_bracket", "next_tab(1)", "next tab", "To the next tab", footer=True),
    Key("retention.previous_tab", "left_square_bracket", "next_tab(-1)", "previous tab", "To the previous tab"),
    Key("retention.plan", "p", "tab('plan')", "plan", "The policy, and what it would do"),
    Key("retention.archive", "a", "tab('archive')", "archive", "What lies in the archive"),
    Key("retention.trash", "t", "tab('trash')", "trash", "What lies in the trash, and until when"),
    Key("retention.audit", "u", "tab('audit')", "audit", "Who did what, and when"),
    Key("retention.pause", "b", "pause", "pause", "Pause what the policy does by itself, or go on", changes=True),
    Key("retention.undo", "z", "undo", "undo", "Take back what was last done with runs", changes=True),
)

PLAN = (
    Key("plan.open", "enter", "open", "open", "Look into the run", footer="line"),
    Key("plan.edit", "e", "edit", "edit policy", "Write in the policy; the plan follows", footer=True),
    Key(
        "plan.apply",
        "A",
        "apply",
        "apply",
        "Do what the plan says, after a question",
        footer="saved_policy",
        changes=True,
    ),
    Key("plan.show", "f", "show", "show", "Only what is archived, or trashed, or kept, or everything", footer="line"),
    Key("plan.sort", "s", "sort", "sort", "Sort by the next column", footer="line"),
    Key("plan.reverse", "S", "reverse", "reverse", "Reverse the order"),
    Key("plan.save", "ctrl+s", "save", "save", "Write the policy into its file", footer="changed", changes=True),
    Key("plan.revert", "ctrl+r", "revert", "as saved", "Take the policy that the file says"),
)

POLICY = (
    Key("policy.leave", "escape", "leave", "plan", "Back to the plan", footer=True),
    Key("policy.save", "ctrl+s", "save", "save", "Write the policy into its file", footer="changed", changes=True),
    Key("policy.revert", "ctrl+r", "revert", "as saved", "Take the policy that the file says", footer="changed"),
)

ARCHIVE = (
    Key("archive.open", "enter", "open", "open", "Look into the run; it is read where it lies", footer="line"),
    Key("archive.filter", "slash", "filter", "filter", "Only the runs that match a query", footer="filterable"),
    Key("archive.restore", "R", "restore", "restore", "Unpack the run", footer="line", changes=True),
    Key("archive.restore_all", "M", "restore_all", "restore all", "Unpack all that are shown", changes=True),
    Key("archive.verify", "v", "verify", "verify", "Read the run whole and compare every digest", footer="line"),
    Key("archive.verify_all", "V", "verify_all", "verify all", "The same with all that are shown", footer="line"),
)

TRASH = (
    Key("trash.open", "enter", "open", "open", "The operation that put the run here", footer="line"),
    Key("trash.undo", "z", "take_back", "undo", "Take back the deletion of the run", footer="line", changes=True),
    Key("trash.purge", "P", "purge", "purge", "Remove the run for good, after a question", footer="line", changes=True),
    Key("trash.empty", "E", "empty_trash", "empty", "Remove all of them for good", footer="line", changes=True),
)

AUDIT = (
    Key("audit.open", "enter", "open", "open", "The runs of the operation, or the run", footer="line"),
    Key("audit.undo", "z", "take_back", "undo", "Take back the operation", footer="reversible", changes=True),
)

OPERATION = (
    Key("operation.open", "enter", "open", "open", "Look into the run", footer="line"),
    Key("operation.undo", "z", "take_back", "undo", "Take back the operation", footer="reversible", changes=True),
)

PLACES = (
    Place("retention", "Retention", RETENTION, ("place",)),
    Place("plan", "Retention: the plan", PLAN, ("retention", "place")),
    Place("policy", "Retention: the policy", POLICY),
    Place("archive", "Retention: the archive", ARCHIVE, ("retention", "place")),
    Place("trash", "Retention: the trash", TRASH, ("retention", "place")),
    Place("audit", "Retention: the audit trail", AUDIT, ("retention", "place")),
    Place("operation", "Retention: one operation", OPERATION, ("place",)),
)
