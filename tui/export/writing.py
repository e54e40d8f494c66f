"""Pages on their way into files: nothing that is there is overwritten unless somebody says so."""

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ...core.errors import StorageError
from ...core.progress import told
from ...core.redaction import Redactor
from ...core.runs import Run
from ...core.store import Store
from ..files import refused
from .comparison_page import comparison_page
from .elements import Html
from .redacting import masked, remark
from .run_page import run_page


class Written(NamedTuple):
    """What became of it."""

    file: str
    bytes: int


def page_of(store: Store, runs: Sequence[Run], base: int = 0, redactor: Redactor | None = None) -> Html:
    """The page of one run, or of several beside each other. To be called in a thread.

    What the redactor finds is masked in all of it, and the page says how much that was. It is told which part is at
    hand, and between two it can be stopped.
    """
    if (progress := told()) is not None:
        progress.begin(0, "writing a page")
    if redactor is None:
        return run_page(store, runs[0]) if len(runs) == 1 else comparison_page(store, runs, base)
    shown, seen = masked(store, redactor), [redactor.value(run) for run in runs]
    said = partial(remark, redactor)
    return run_page(shown, seen[0], said) if len(runs) == 1 else comparison_page(shown, seen, base, said)


def file_name(runs: Sequence[Run]) -> str:
    """What the file is called unless somebody names it: `run-01j….html`, `compare-8k3f-9x2c.html`."""
    ids = [re.sub(r"[^A-Za-z0-9._-]", "_", run.id)[:80] for run in runs]
    return f"run-{ids[0]}.html" if len(ids) == 1 else f"compare-{'-'.join(id[-6:] for id in ids)}.html"


def free_name(folder: Path, runs: Sequence[Run]) -> Path:
    """A file of that name, or with a number behind it, which is not there yet."""
    path = folder / file_name(runs)
    number = 2
    while path.exists():
        path = folder / f"{Path(file_name(runs)).stem}-{number}.html"
        number += 1
    return path


def write_page(page: Html, path: Path, *, force: bool = False) -> Written:
    """Writes a whole page, or nothing; StorageError if the file is there already (without `force`) or cannot be."""
    data = page.encode("utf-8")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with open(part, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _show(part, path, force)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise StorageError(f"{path} is there already", advice="name another file with -o, or --force") from error
    except OSError as error:
        otherwise = "name another place with `flightlog export -o`"
        raise refused("the page is not written", error, path, otherwise=otherwise) from error
    return Written(str(path), len(data))


def _show(part: Path, path: Path, force: bool) -> None:
    """Gives a page that is whole its name. FileExistsError without `force`, if another has it."""
    if force:
        os.replace(part, path)
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # where a file can have but one name
        if path.exists():
            raise FileExistsError from None
        os.rename(part, path)
