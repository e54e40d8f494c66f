"""What is left of a mistake of our own: a sentence for the person, a file for whoever mends it."""

import os
import time
import traceback
from contextlib import suppress
from pathlib import Path

from ...core.text import safe_text
from ..files import new_file

KEPT = 10
"""Reports that are kept."""


def keep_report(text: str) -> Path | None:
    """Writes a report into the user's state folder, where he alone can read it; None if that cannot be."""
    import platformdirs

    folder = Path(platformdirs.user_state_dir("flightlog")) / "crashes"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{time.time_ns() % 1_000_000:06}.txt"
        with new_file(file) as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(text.encode("utf-8", "replace"))
    except OSError:
        return None
    for old in sorted(folder.glob("*.txt"))[:-KEPT]:
        with suppress(OSError):  # an old report that stays harms nobody
            old.unlink()
    return file


def farewell(text: str) -> str:
    """What is told at the end: one sentence and where the report lies; the report itself only if it lies nowhere."""
    said = "flightlog made a mistake and ended; your data is not touched"
    file = keep_report(text)
    return f"{said}, and the report lies in {file}\n" if file is not None else f"{said}.\n\n{text}\n"


def of_now() -> str:
    """The report on the exception that is handled now: without local variables, and what secrets they hold."""
    return safe_text(traceback.format_exc(), lines=True, limit=None)
