"""Keys that work everywhere, and those that move."""

from .key import Key, Place

APP = (
    Key("app.back", "escape", "back", "back", "Step out one layer", footer=True),
    Key(
        "app.doctor",
        "exclamation_mark",
        "doctor",
        "doctor",
        "Look for everything that is wrong with the store, and put right what can be",
        footer="ailing",
    ),
    Key("app.help", "question_mark", "help", "keys", "Show the keys that work here", footer=True),
    Key("app.palette", "ctrl+p", "command_palette", "commands", "Find any command by its name", footer=True),
    Key("app.commands", "at", "commands", "changes", "What was changed, as command lines that do the same"),
    Key("app.refresh", "r", "refresh", "refresh", "Read and paint everything again"),
    Key("app.stop", "X", "stop", "stop", "Stop what is under way, where nothing is half-done"),
    Key("app.suspend", "ctrl+z", "suspend", "to the shell", "To the shell, whose `fg` leads back"),
    Key("app.quit", "q,ctrl+q", "quit", "quit", "Quit", footer=True),
)

PLACE = (
    Key("place.runs", "1", "app.place('runs')", "runs", "To the runs"),
    Key("place.workflows", "2", "app.place('workflows')", "workflows", "To the workflows and their versions"),
    Key("place.costs", "3", "app.place('costs')", "costs", "To what was spent, and the budgets"),
    Key("place.space", "4", "app.place('space')", "space", "To what takes the room"),
    Key("place.retention", "5", "app.place('retention')", "retention", "To what may go: the policy and its plan"),
    Key("place.live", "L", "app.place('live')", "live", "To what runs now, first what needs a person"),
    Key("place.back", "minus", "app.view(-1)", "view before", "Back to the view before: place, filter, order, groups"),
    Key("place.forward", "equals_sign", "app.view(1)", "view after", "To the view after it again"),
)
"""Keys of the places themselves."""

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

COMMANDS = (
    Key("commands.copy", "y,enter", "copy", "copy", "Copy the command line", footer="line"),
    Key(
        "commands.copy_all",
        "Y",
        "copy_all",
        "copy all",
        "Copy all of them as a script, the oldest first",
        footer="line",
    ),
)

PLACES = (
    Place("app", "Everywhere", APP),
    Place("place", "Places", PLACE),
    Place("moves", "Moving", MOVES),
    Place("commands", "What was changed", COMMANDS),
)
