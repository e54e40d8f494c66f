"""Cleans up at random and is killed at random, again and again: `chaos_keeper.py DATA KILLS SEED`.

A program of its own, so that what is forked has one thread. Prints how many of its children were killed.
"""

import os
import random
import signal
import sys
import time

import flightlog
from flightlog.core.errors import StorageError
from flightlog.core.operations import Chosen, new_order
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store

LONGEST_S = 0.25


def some(store: Store, archived: bool) -> list[str]:
    """A few of the newest runs."""
    runs = store.runs.query(EVERYTHING, Sort(), limit=60).items
    fitting = [run.id for run in runs if run.archived is archived]
    return random.sample(fitting, min(len(fitting), random.randint(1, 5)))


def clean_up(data: str) -> None:
    """One operation of any kind, on runs of which some still go on."""
    with flightlog.open(data) as store:
        upkeep, order = store.upkeep, new_order(by="chaos")
        what = random.choice(("archive", "archive", "restore", "trash", "undo"))
        if what == "archive":
            list(upkeep.archive(order, [Chosen(run=run) for run in some(store, archived=False)]))
        elif what == "restore":
            list(upkeep.restore(order, some(store, archived=True)))
        elif what == "trash":
            list(upkeep.trash(order, [Chosen(run=run) for run in some(store, archived=random.random() < 0.5)]))
        else:
            reversible = [one.id for one in upkeep.operations(limit=10).items if one.reversible]
            if reversible:
                list(upkeep.undo(order, random.choice(reversible)))


def child(data: str) -> None:
    """Cleans up until it is killed, or has done it once; what it is refused is no fault."""
    try:
        clean_up(data)
    except StorageError as error:
        sys.stderr.write(f"{type(error).__name__} {error}\n")
    os._exit(0)


def main(data: str, kills: int, seed: int) -> None:
    """Prints the number of kills that struck."""
    random.seed(seed)
    struck = 0
    while struck < kills:
        number = random.getrandbits(32)
        pid = os.fork()
        if pid == 0:
            try:
                random.seed(number)
                child(data)
            except Exception as error:  # noqa: BLE001 - told to the test, which fails by it
                sys.stderr.write(f"FAULT {type(error).__name__}: {error}\n")
            finally:
                os._exit(3)
        time.sleep(random.random() * LONGEST_S)
        os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        struck += code == -signal.SIGKILL
    sys.stdout.write(f"{struck}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
