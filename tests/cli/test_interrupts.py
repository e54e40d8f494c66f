"""^C anywhere in a verb: one sentence that says what is left, exit code 130, no traceback, and nothing half-done."""

import os
import shutil
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui.cli.breaking_off import leaving
from flightlog.tui.cli.main import VERBS, main

HELD = """
import sys, time
from flightlog.backends import open as opening

def held(*words, **options):
    store = found(*words, **options)
    print("here", file=sys.stderr, flush=True)
    while True:
        time.sleep(0.01)

found, opening.open_store = opening.open_store, held
"""
"""The store is open, and the verb does not come any further."""
CARRYING = """
import sys, time
from flightlog.backends.replay.carrying import Carrier

def held(self, run):
    events = found(self, run)
    print("here", file=sys.stderr, flush=True)
    while True:
        time.sleep(0.01)

found, Carrier.carry = Carrier.carry, held
"""
"""One run is carried."""
IMPORTING = """
import os, signal, sys

class Asked:
    def find_spec(self, name, *_):
        if name == "flightlog.tui.cli.main":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Asked())
"""
"""The program itself is being read."""
START = """
from flightlog.tui.cli.start import start
start()
"""


def interrupted(program: str, *words: object, at: str = "here") -> tuple[int, str, str]:
    """Code, output and errors of a real process that gets a real SIGINT when it says where it is."""
    process = subprocess.Popen(
        [sys.executable, "-c", program + START, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        before = ""
        while at and at not in before:
            line = process.stderr.readline()
            assert line, before
            before += line
        if at:
            process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, errors


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """Finished runs of two workflows, with an archived one and one in the trash."""
    where = tmp_path_factory.mktemp("recorded") / "data"
    with flightlog.open(where, storage="file") as store:
        for number in range(6):
            with store.run(f"w{number % 2}", name=f"no{number}", definition="a: 1") as run, run.step("s") as step:
                step.log("hello there")
                run.checkpoint({"k": number})
        for name, act in (("no0", store.upkeep.archive), ("no1", store.upkeep.trash)):
            list(act(new_order(), [Chosen(run=store.runs.resolve(name))]))
    return where


@pytest.fixture
def data(recorded, tmp_path) -> Path:
    """The same, for one test."""
    return Path(shutil.copytree(recorded, tmp_path / "data"))


@pytest.mark.parametrize(
    ("program", "words", "left"),
    [
        (HELD, ["ls"], "nothing was changed"),
        (HELD, ["retain", "--apply", "--yes"], "nothing was changed"),
        (CARRYING, ["backup", "COPY"], "what was carried stays in the copy, and the same command goes on from there"),
    ],
)
def test_a_real_interrupt_is_answered_with_a_sentence(data, program, words, left):
    copy = data.parent / "copy"
    words = [copy if word == "COPY" else word for word in words]
    code, out, errors = interrupted(program, *words, "--data", data)
    assert (code, out, errors) == (130, "", f"flightlog: stopped; {left}\n")
    if words[0] == "backup":
        for again in (["backup", copy, "--data", data], ["verify", data, copy]):
            assert CliRunner().invoke(main, list(map(str, again))).exit_code == 0


def test_it_is_answered_before_the_program_is_read(data):
    code, out, errors = interrupted(IMPORTING, "ls", "--data", data, at="")
    assert (code, out, errors) == (130, "", "\nflightlog: stopped; nothing was done\n")


WORDS: dict[str, list[str]] = {
    **{verb: [verb] for verb in ("ls", "sessions", "costs", "audit", "workflows", "space", "config", "doctor")},
    **{verb: [verb, "no2"] for verb in ("show", "events", "logs", "items", "states", "pin", "unpin", "blame")},
    "browse": ["browse"],
    "watch": ["watch", "--existing"],
    "search": ["search", "hello"],
    "state": ["state", "CHECKPOINT"],
    "diff": ["diff", "no2", "no4"],
    "export": ["export", "no2", "-o", "PAGE"],
    "metrics": ["metrics", "w0"],
    "versions": ["versions", "w0"],
    "version": ["version", "w0@1"],
    "save": ["save", "w0", "FILE"],
    "delete": ["delete", "w0@1", "--yes"],
    "tag": ["tag", "no2", "nightly"],
    "note": ["note", "no2", "text"],
    "approve": ["approve", "no2"],
    "reject": ["reject", "no2"],
    "retain": ["retain", "--policy", "POLICY", "--apply", "--yes"],
    "archive": ["archive", "--where", "workflow:w0", "--yes"],
    "restore": ["restore", "no0", "--yes"],
    "rm": ["rm", "--where", "workflow:w1", "--yes"],
    "trash": ["trash", "empty", "--yes"],
    "undo": ["undo", "--yes"],
    "compact": ["compact", "--yes"],
    "migrate": ["migrate", "--to", "sqlite"],
    "backup": ["backup", "COPY"],
    "verify": ["verify", "DATA", "DATA"],
    "demo": ["demo", "--headless", "0.2", "--data", "DEMO"],
}
"""A call of each verb."""
POINTS = (700, 9_000)
"""At which of its calls of Python functions it is interrupted; some verbs are done before."""
ENDLESS = ("watch",)
"""What goes on until it is interrupted, and makes few calls meanwhile."""


def meant(word: str, data: Path) -> str:
    if word == "CHECKPOINT":
        with flightlog.open(data) as store:
            return store.checkpoints.list(store.runs.resolve("no2"))[-1].id
    here = data.parent
    (here / "policy.yaml").write_text("retention:\n- {match: 'workflow:w1', keep: {last: 1}, then: trash}\n")
    (here / "v2.yaml").write_text("a: 2\n")
    names = {"FILE": here / "v2.yaml", "POLICY": here / "policy.yaml", "COPY": here / "copy", "DATA": data}
    names |= {"PAGE": here / "page.html", "DEMO": here / "demo"}
    return str(names.get(word, word))


def interrupted_at(number: int, words: list[str], said: Path) -> int:
    """Runs a verb in a child that gets a real SIGINT at its so many-th call; its exit code. `said` is what it says."""
    child = os.fork()
    if child == 0:
        left = number

        def profile(_frame, event, _of):
            nonlocal left
            if event == "call":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGINT)

        code: object = 1
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for fd in (1, 2):
                os.dup2(out, fd)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, mode, 1) for fd, mode in ((0, "r"), (1, "w"), (2, "w")))
            sys.setprofile(profile)
            main(words, prog_name="flightlog")
        except SystemExit as end:
            sys.setprofile(None)
            code = end.code
        except BaseException:  # noqa: BLE001 - it ends there, and says why
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code if isinstance(code, int) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def held_runs(data: Path) -> tuple[int, list[str]]:
    """How many runs there are anywhere, and what is wrong."""
    with flightlog.open(data) as store:
        there = store.runs.count(EVERYTHING) + len(store.upkeep.trashed(limit=100).items)
        assert store.runs.count(parse("archived")) <= there
        return there, [found.what for found in store.upkeep.check() if found.severity == "error"]


@pytest.mark.heavy
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_is_interrupted_anywhere(data, tmp_path, verb):
    words = [meant(word, data) for word in WORDS[verb]] + (["--data", str(data)] if verb != "demo" else [])
    codes = set()
    for point in POINTS[: 1 if verb in ENDLESS else None]:
        code = interrupted_at(point, words, tmp_path / "said")
        told = (tmp_path / "said").read_text()
        assert "Traceback" not in told and "Aborted" not in told and "made a mistake" not in told, told
        codes.add(code)
        if code == 130:
            assert told.splitlines()[-1].startswith(
                ("flightlog: stopped; ", "stopped after ", str(data.parent / "demo"))
            )
        if verb not in ("migrate", "trash"):
            assert held_runs(data) == (6, [])
    assert 130 in codes or verb in ("browse", "config")


def test_what_was_told_stands_before_what_is_said_of_the_rest():
    code = """
import sys
from flightlog.tui.cli.breaking_off import break_off
sys.stdout.write("told\\n")  # and ^C comes before that is flushed
break_off(KeyboardInterrupt())
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert (done.returncode, done.stdout) == (130, "told\nflightlog: stopped; nothing was changed\n")


def broken_off_at_the_end(connection=None):
    """As where ^C comes while a library lets go of a connection."""
    with leaving("outside"), leaving("all is as it was"):
        try:
            raise KeyboardInterrupt
        finally:
            assert connection is not None


def test_an_error_that_an_interrupt_left_behind_is_the_interrupt():
    with pytest.raises(KeyboardInterrupt) as stopped:
        broken_off_at_the_end()
    assert stopped.value.__notes__ == ["all is as it was"]


def test_an_error_of_its_own_stays_one():
    with pytest.raises(AssertionError), leaving("all is as it was"):
        raise AssertionError
