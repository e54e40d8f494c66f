"""An error in full, as it is told of a run, a step or a row."""

from collections.abc import Iterator

from ...core.events import Fault
from ...core.text import safe_text
from .. import format
from ..lines import Line, one_line
from ..trees.nodes import Node


def fault_nodes(fault: Fault) -> Iterator[Node]:
    """An error in full: its type, its whole text, its traceback folded."""
    line: Line = [(one_line(fault.type or "error", 100), "bad")]
    whole = safe_text(fault.message.strip(), lines=True)
    if "\n" not in whole and len(whole) <= 200:
        yield Node("fault", [*line, (f": {whole}", "bad")])
    else:
        yield Node("fault", line, text=whole, ink="bad", open=True)
    if fault.traceback.strip():
        lines = format.plural(len(fault.traceback.strip().splitlines()), "line")
        text = safe_text(fault.traceback.strip("\n"), lines=True)
        yield Node("traceback", [("traceback", "muted"), (f"  {lines}", "faint")], text=text, ink="muted")
