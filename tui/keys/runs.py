"""Keys of the run list."""

from .key import Key, Place

RUNS = (
    Key("runs.open", "enter", "open", "open", "Look into the run, or fold a group", footer="line", other="fold"),
    Key("runs.mark", "space", "mark", "mark", "Mark or unmark the run", footer="run", other="unmark"),
    Key("runs.mark_down", "J,shift+down", "mark_down", "mark down", "Mark the run and go to the next"),
    Key("runs.mark_up", "K,shift+up", "mark_up", "mark up", "Mark the run and go to the previous"),
    Key("runs.mark_range", "M,ctrl+at", "mark_range", "mark range", "Mark all from the last mark to here"),
    Key("runs.mark_all", "asterisk", "mark_all", "mark all", "Mark all runs that the filter shows, or none"),
    Key("runs.filter", "slash", "filter", "filter", "Filter the list", footer="filterable"),
    Key("runs.sort", "s", "sort", "sort", "Sort by the next column", footer="line"),
    Key(
        "runs.archive",
        "A",
        "archive",
        "archive",
        "Pack the runs away: readable, but smaller",
        footer="archivable",
        changes=True,
    ),
    Key("runs.delete", "D", "delete", "delete", "Move the runs to the trash", footer="deletable", changes=True),
    Key("runs.undo", "z", "undo", "undo", "Take back what was last done with runs", footer="undoable", changes=True),
    Key(
        "runs.compare",
        "c",
        "compare",
        "compare",
        "The 2 to 5 marked runs, or one with the run before it",
        footer="comparable",
    ),
    Key("runs.reverse", "S", "reverse", "reverse", "Reverse the order"),
    Key(
        "runs.next_view", "right_square_bracket", "next_view(1)", "next view", "To the next saved view", footer="views"
    ),
    Key("runs.previous_view", "left_square_bracket", "next_view(-1)", "previous view", "To the saved view before it"),
    Key("runs.save_view", "V", "save_view", "save view", "Save filter and order as a view, or forget the one shown"),
    Key("runs.group", "b", "group", "group", "Group by session, by project, or not", footer="line"),
    Key("runs.follow", "f", "follow", "follow", "Keep the cursor on the newest run", footer="line", other="unfollow"),
    Key(
        "runs.pin",
        "p",
        "pin",
        "pin",
        "Pin or unpin: a pinned run is kept from every clean-up",
        footer="targets",
        other="unpin",
        changes=True,
    ),
    Key("runs.tag", "t", "tag", "tag", "Tag the runs, or take a tag off", footer="targets", changes=True),
    Key("runs.watch", "w", "watch", "watch", "Tell me when the run ends, fails or asks; or no more"),
    Key("runs.note", "n", "note", "note", "Write a note on the run", changes=True),
    Key("runs.restore", "R", "restore", "restore", "Unpack archived runs", changes=True),
    Key("runs.export", "ctrl+e", "export", "export", "Write the run, or 2 to 5 marked ones, into a page of HTML"),
    Key("runs.redacted", "ctrl+r", "export(True)", "export redacted", "The same, what looks like a secret masked"),
    Key("runs.preview", "v", "preview", "preview", "Show or hide the preview"),
    Key("runs.copy", "y", "copy_id", "copy id", "Copy the run's id"),
)

PLACES = (Place("runs", "Runs", RUNS, ("place",)),)
