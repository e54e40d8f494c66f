"""The keys as the README lists them: `python -m flightlog.tui.key_list README.md` writes them into it."""

import sys
from pathlib import Path

from .keys import PLACES, all_shown

BEGIN, END = "<!-- keys -->", "<!-- /keys -->"


def markdown() -> str:
    """Every key of the table, place by place."""
    parts = []
    for place in PLACES:
        if place.keys:
            rows = [f"| {_cell(all_shown(key))} | {key.help} |" for key in place.keys]
            parts.append("\n".join([f"**{place.title}**", "", "| key | does |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _cell(keys: str) -> str:
    return " ".join(f"`{key}`" for key in keys.replace("|", "\\|").split(" "))


def written_into(text: str) -> str:
    """A README's text with the list between its two marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{markdown()}\n{END}{tail}"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(written_into(file.read_text()))
