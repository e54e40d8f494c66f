"""Keys of what takes the room."""

from .key import Key, Place

SPACE = (
    Key(
        "space.open",
        "enter,right",
        "open",
        "open",
        "Look into it: workflow, run, its parts, its states",
        footer="opens",
    ),
    Key("space.out", "left,backspace", "out", "go out", "Out again, to what it lies in", footer="inside"),
    Key("space.mark", "space", "mark", "mark", "Mark or unmark the run or workflow", footer="markable", other="unmark"),
    Key("space.archive", "A", "archive", "archive", "Pack the runs into the archive", footer="targets", changes=True),
    Key("space.delete", "D", "delete", "delete", "Move the runs to the trash", footer="targets", changes=True),
    Key("space.undo", "z", "undo", "undo", "Take back what was last done with runs", footer="undoable", changes=True),
    Key("space.sort", "s", "sort", "sort", "Sort by size, name, or how much it holds", footer="line"),
    Key("space.runs", "u", "runs", "runs", "The run itself, or the runs of the workflow", footer="runs"),
    Key("space.mark_down", "J,shift+down", "mark_down", "mark down", "Mark it and go to the next"),
    Key("space.mark_up", "K,shift+up", "mark_up", "mark up", "Mark it and go to the previous"),
    Key("space.mark_range", "M,ctrl+at", "mark_range", "mark range", "Mark all from the last mark to here"),
    Key("space.mark_all", "asterisk", "mark_all", "mark all", "Mark all that is shown, or none"),
    Key("space.restore", "R", "restore", "restore", "Unpack archived runs", changes=True),
    Key("space.compact", "c", "compact", "compact", "Give a database's free pages back to the disk", changes=True),
    Key("space.preview", "v", "preview", "preview", "Show or hide the preview"),
)

PLACES = (Place("space", "Space", SPACE, ("place",)),)
