"""What a search had to pass over is said when the rest was told."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ...core.text import safe_text
from ...core.unsearched import hearing
from .. import format
from .main import FINDINGS
from .output import say

_NAMED = 5


@contextmanager
def all_searched() -> Iterator[None]:
    """Exits with findings at the end of the block if logs could not be read there, which are named by their folders."""
    with hearing() as unsearched:
        yield
    folders = Counter(os.path.dirname(error.where) for error in unsearched.values())
    why = {os.path.dirname(error.where): error.what for error in unsearched.values()}
    for folder, count in folders.most_common(_NAMED):
        of = format.plural(count, "run")
        say(f"flightlog: {safe_text(folder)}: the logs of {of} are not searched: {safe_text(why[folder])}", err=True)
    if len(folders) > _NAMED:
        say(f"flightlog: and of runs in {len(folders) - _NAMED:,} more folders", err=True)
    if folders:
        sys.exit(FINDINGS)
