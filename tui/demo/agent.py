"""One scripted agent as a process of its own: `python -m flightlog.tui.demo.agent KIND SCRATCH`.

It records where `FLIGHTLOG_DATA` says, and puts the files that it makes into the folder SCRATCH.
"""

import argparse
import os
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random
from types import FrameType

from ... import open as open_store
from .agents import KINDS, perform
from .pace import Pace, Stopped

WARM_UP = 0.02


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


def main() -> None:
    """Records run after run until the process that started it is gone."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--storage", choices=("file", "sqlite"), default="file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first run")
    parser.add_argument("--quick", type=int, default=0, help="how many runs to do at once before living in real time")
    parser.add_argument("--nice", type=int, default=0, help="how far it stands back for others on the machine")
    options = parser.parse_args()
    os.nice(options.nice)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is for the browser; agents end with their fleet
    signal.signal(signal.SIGTERM, _stop)
    pace = Pace(rng=Random(options.seed), scratch=options.scratch, parent=os.getppid())
    with suppress(Stopped), open_store(storage=options.storage) as store:
        options.scratch.mkdir(mode=0o700, exist_ok=True)
        for number in count(options.first):
            pace.factor = WARM_UP if number < options.first + options.quick else 1.0
            perform(options.kind, store, pace, number)
            pace.pause(0.5, 3.0)


if __name__ == "__main__":
    main()
