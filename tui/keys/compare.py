"""Keys of runs that are compared."""

from .key import Key, Place

COMPARE = (
    Key("compare.open", "enter", "open", "look into", "Both sides in full: input, output, values", footer="line"),
    Key("compare.next", "n", "change(1)", "next", "To the next difference", footer="changes"),
    Key("compare.previous", "N", "change(-1)", "previous", "To the previous difference"),
    Key("compare.baseline", "b", "baseline", "baseline", "Compare with the run of this column", footer="other_column"),
    Key("compare.only", "o", "only", "only differing", "Only what differs", footer="all"),
    Key("compare.all", "a", "all", "all", "What is the same too", footer="only"),
    Key("compare.left", "left,h", "column(-1)", "left", "To the column on the left", priority=True),
    Key("compare.right", "right,l", "column(1)", "right", "To the column on the right", priority=True),
    Key("compare.run", "u", "run", "the run", "Into the run of this column, where the line is about", footer="run"),
    Key("compare.next_tab", "right_square_bracket", "next_tab(1)", "next tab", "To the next tab", footer=True),
    Key("compare.previous_tab", "left_square_bracket", "next_tab(-1)", "previous tab", "To the previous tab"),
    Key("compare.export", "ctrl+e", "export", "export", "Write the comparison into a page of HTML"),
    Key(
        "compare.redacted",
        "ctrl+r",
        "export(True)",
        "export redacted",
        "The same, what looks like a secret masked",
    ),
    Key("compare.facts", "f", "tab('facts')", "facts", "Who, what, when, and how it ended"),
    Key("compare.inputs", "i", "tab('inputs')", "inputs", "What they were given and brought"),
    Key("compare.steps", "s", "tab('steps')", "steps", "Steps that belong together, beside each other"),
    Key("compare.metrics", "m", "tab('metrics')", "metrics", "Numbers, the best and the worst"),
    Key("compare.costs", "c", "tab('costs')", "costs", "Tokens and money by model"),
    Key("compare.states", "t", "tab('states')", "states", "The final states, key by key"),
)

DETAIL = (
    Key(
        "compared.next",
        "right_square_bracket,n",
        "step(1)",
        "next line",
        "The next line of the comparison",
        footer="next_one",
    ),
    Key(
        "compared.previous",
        "left_square_bracket,N",
        "step(-1)",
        "line before",
        "The line before it",
        footer="one_before",
    ),
)

PLACES = (
    Place("compare", "Runs compared", COMPARE, ("place",)),
    Place("compared", "Runs compared: one line", DETAIL, ("tree",)),
)
