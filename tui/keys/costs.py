"""Keys of what was spent."""

from .key import Key, Place

COSTS = (
    Key("costs.open", "enter", "open", "runs", "The runs of the line, or that spend of the budget", footer="line"),
    Key("costs.next", "right_square_bracket,right", "next_axis(1)", "group", "Grouped in the next way", footer="costs"),
    Key("costs.previous", "left_square_bracket,left", "next_axis(-1)", "group back", "Grouped in the previous way"),
    Key("costs.day", "d", "by('day')", "by day", "By day (UTC)"),
    Key("costs.workflow", "w", "by('workflow')", "by workflow", "By workflow"),
    Key("costs.version", "v", "by('version')", "by version", "By version of a workflow"),
    Key("costs.model", "m", "by('model')", "by model", "By model"),
    Key("costs.agent", "a", "by('agent')", "by agent", "By agent"),
    Key("costs.session", "e", "by('session')", "by session", "By session"),
    Key(
        "costs.window",
        "t",
        "window",
        "time",
        "Of all time, the last 30 days, 7 days, 24 hours, or today",
        footer="filterable",
    ),
    Key("costs.plot", "p", "plot", "plot", "Show or hide what was spent when", footer="costs", other="hide plot"),
    Key("costs.stack", "b", "stack", "stack", "The plot's bars by workflow, or by model", footer="costs"),
    Key("costs.filter", "slash", "filter", "filter", "Only the runs that match a query", footer="filterable"),
    Key("costs.sort", "s", "sort", "sort", "Sort by the next column", footer="costs"),
    Key("costs.reverse", "S", "reverse", "reverse", "Reverse the order"),
)

PLACES = (Place("costs", "Costs", COSTS, ("place",)),)
