"""From a screen into a file: the page of a run, or of several beside each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from ...core.redaction import Redactor
from ...core.text import safe_text
from .. import format
from ..operations.operations import jobs_of

if TYPE_CHECKING:
    from ...core.store import Store
    from ..export.writing import Written


def export_runs(
    screen: Screen[Any], store: "Store", ids: Sequence[str], *, base: int = 0, redact: bool = False
) -> None:
    """Writes a page of these runs into the folder that the program was started in, and says what it is called.

    `redact` masks what looks like a secret, as `flightlog export --redact` does, and says how much that was. In a
    thread. Nothing is overwritten; a page of the same runs gets a number behind its name.
    """

    def work() -> "tuple[Written, int | None]":
        from ..export.writing import free_name, page_of, write_page

        runs = [store.runs.get(id) for id in ids]
        redactor = Redactor() if redact else None
        page = page_of(store, runs, base, redactor)
        return write_page(page, free_name(Path.cwd(), runs)), redactor.found.total() if redactor else None

    def written(found: "tuple[Written, int | None]") -> None:
        page, masked = found
        told = f"{safe_text(page.file)}  {format.size(page.bytes)}"
        if masked is not None:
            told += (
                f"\nredacted: {format.plural(masked, 'place')} masked"
                if masked
                else "\nredacted: nothing looked secret"
            )
        screen.app.notify(told, title="written", markup=False)

    jobs_of(screen).begin(screen, "writing a page", work, written)
