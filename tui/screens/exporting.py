"""From a screen into a file: the page of a run, or of several beside each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from ...core.text import safe_text
from .. import format
from ..operations import begin_job

if TYPE_CHECKING:
    from ...core.store import Store
    from ..export.writing import Written


def export_runs(screen: Screen[Any], store: "Store", ids: Sequence[str], *, base: int = 0) -> None:
    """Writes a page of these runs into the folder that the program was started in, and says what it is called.

    In a thread. Nothing is overwritten; a page of the same runs gets a number behind its name.
    """

    def work() -> "Written":
        from ..export.writing import free_name, page_of, write_page

        runs = [store.runs.get(id) for id in ids]
        return write_page(page_of(store, runs, base), free_name(Path.cwd(), runs))

    def written(found: "Written") -> None:
        screen.app.notify(f"{safe_text(found.file)}  {format.size(found.bytes)}", title="written", markup=False)

    begin_job(screen, "writing a page", work, written)
