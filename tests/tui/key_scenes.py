"""A store with one of everything there is, and the keys to each screen that shows it."""

import shutil
import time
from contextlib import ExitStack, contextmanager
from itertools import count

import flightlog
from flightlog.core.choosing import chosen
from flightlog.core.clock import pretending
from flightlog.core.ids import new_ulid
from flightlog.core.operations import new_order
from flightlog.core.query.query import parse
from recorded import NASTY, record_everything, waiting_run

POLICY = 'retention:\n  - match: "status:failed"\n    then: trash\n'

SHARED = {"app": ("runs",), "place": ("runs", "plan"), "run": ("overview", "logs"), "tree": ("steps", "states")}
SHARED |= {"retention": ("plan",), "moves": ("runs", "logs", "steps", "costs", "space", "plan", "compare", "commands")}
"""Places whose keys work on many screens: the screens that these are pressed on here, for each takes its second."""

SCENES = {
    "runs": (),
    "overview": ("j", "enter", "o"),
    "steps": ("j", "enter", "s"),
    "logs": ("j", "enter", "l"),
    "log-bars": ("j", "enter", "l", "h", "left"),
    "bookmarks": ("j", "enter", "l", "b", "B"),
    "states": ("j", "enter", "t", "left"),
    "run-costs": ("j", "enter", "c"),
    "messages": ("j", "enter", "m"),
    "items": ("j", "enter", "i"),
    "approvals": ("j", "enter", "p"),
    "artifacts": ("j", "enter", "a"),
    "workflows": ("2",),
    "versions": ("2", "enter"),
    "version": ("2", "enter", "enter"),
    "diff": ("2", "enter", "d"),
    "costs": ("3", "m"),
    "space": ("4",),
    "plan": ("5", "p"),
    "archive": ("5", "a"),
    "trash": ("5", "t"),
    "policy": ("5", "p", "e", "enter"),
    "audit": ("5", "u"),
    "operation": ("5", "u", "enter"),
    "compare": ("J", "J", "c"),
    "compared": ("J", "J", "c", "enter"),
    "commands": ("n", *"why", "enter", "at"),
    "live": ("L",),
    "edit": ("2", "enter", "enter", "e"),
    "doctor": ("exclamation_mark",),
}
"""The keys that lead there from the list of runs."""


def fill(folder, nasty=NASTY):
    """One of everything there is, and hostile text in every field of it."""
    with flightlog.open(folder, storage="file") as store:
        for n in range(3):
            store.run(f"flow-{n}", name=f"n{n}{nasty}", tags=[f"t{nasty}"]).finish("failed" if n % 2 else "completed")
        for body in ("same: 0\na: 1\nb: [x]\n", "same: 0\na: 2\nb: [/x]\n"):
            store.run("child", definition=body).finish()
        for n in range(2):
            store.run("gone", name=f"gone{n}{nasty}").finish("failed")
        gone, packed = store.runs.query(parse("workflow:gone")).items, store.runs.query(parse("workflow:flow-0")).items
        list(store.upkeep.trash(new_order(by=nasty, why=nasty), [chosen(run) for run in gone]))
        list(store.upkeep.archive(new_order(by=nasty, why=nasty), [chosen(run) for run in packed]))
        time.sleep(0.002)
        shift = count(0, 3_000_000)
        with pretending(lambda: time.time_ns() + next(shift)):  # so that a log has several moments
            record_everything(store, nasty)
            record_everything(store, nasty)
    (folder / "flightlog.yaml").write_text(POLICY)


@contextmanager
def going(folder, nasty=NASTY):
    """Runs that wait, run, and are lost, two of one workflow; of other scenes they would change the list."""
    day = next((folder / "runs").iterdir())
    with flightlog.open(folder, storage="file") as store, ExitStack() as stack:
        for n in range(2):
            run = store.run("vanished", name=f"g{n}{nasty}")
            journal = next(folder.glob(f"runs/*/{run.id}.jsonl"))
            shutil.copy(journal, day / "kept")  # as the kernel sees it, nobody writes this one
            run.finish("cancelled")
            (day / "kept").replace(journal)
        stack.enter_context(waiting_run(store, f"Send?{nasty}"))
        run = stack.enter_context(store.run("busy", name=f"b{nasty}", objective=nasty))
        stack.enter_context(run.step(f"think{nasty}")).log(f"well{nasty}")
        yield


def spoil(folder, nasty=NASTY):
    """What doctor finds: a line that is no event, a torn one, states of nobody, a file with a name that acts."""
    day = next((folder / "runs").iterdir())
    journals = sorted(path for path in day.glob("*.jsonl") if not path.name.endswith(".states.jsonl"))
    lines = journals[0].read_bytes().split(b"\n")
    journals[0].write_bytes(b"\n".join([lines[0], nasty.replace("\n", " ").encode(), *lines[1:]]))
    with journals[1].open("ab") as journal:
        journal.write(b'{"half of a l')
    (day / f"{new_ulid()}.states.jsonl").write_bytes(b"{}\n")
    (day / nasty.replace("/", "|")).write_bytes(b"x")
