"""Every verb that may take long: a bar at a terminal that says how much of it is done, nothing of it in a pipe, and
`--json` stays JSON.
"""

import json
import os
import re
import shutil
import signal
import threading
from pathlib import Path

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core import progress as progressing
from flightlog.core.operations import Chosen, new_order
from flightlog.core.progress import Progress
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui.cli import bar
from flightlog.tui.cli.main import main

POLICY = "retention:\n- {match: 'workflow:w', keep: {last: 1}, then: trash}\nminimum: 0\n"
LONG = {
    "archive": (["archive", "--where", "workflow:w", "--yes"], ["looking at runs . 6 of 6", "archiving . [1-6] of 6"]),
    "restore": (["restore", "--where", "workflow:v", "--yes"], ["looking at runs . 3 of 3", "restoring . [1-3] of 3"]),
    "rm": (["rm", "--where", "workflow:w", "--yes"], ["looking at runs . 6 of 6", "removing . [1-6] of 6"]),
    "undo": (["undo", "--yes"], ["taking back . [1-3] of 3"]),
    "trash empty": (["trash", "empty", "--yes"], ["looking at the trash, ", "removing . [1-3] of 3"]),
    "retain": (["retain", "--policy", "POLICY"], ["looking at runs . 9 of 9"]),
    "retain --apply": (
        ["retain", "--policy", "POLICY", "--apply", "--yes"],
        ["looking at runs . 9 of 9", "applying . [1-5] of 5"],
    ),
    "archive verify": (["archive", "verify"], ["looking at runs . 3 of 3", "reading . [1-3] of 3"]),
    "doctor": (["doctor"], ["check 1 of [0-9]+, .* so far"]),
    "compact": (["compact", "--yes"], ["compacting [0-9.]+ .B, .* so far"]),
    "backup": (["backup", "COPY"], ["carrying . [0-9.]+ k?B of [0-9.]+ kB", "comparing . [0-9.]+ k?B of [0-9.]+ kB"]),
    "verify": (["verify", "DATA", "COPIED"], ["comparing . [0-9.]+ k?B of [0-9.]+ kB"]),
    "migrate": (["migrate", "--to", "sqlite"], ["carrying . [0-9.]+ k?B of", "comparing . [0-9.]+ k?B of"]),
    "export": (["export", "no3"], ["writing steps, .* so far", "writing states 2 of 2, "]),
    "blame": (["blame", "no3"], ["looking at checkpoints . 1 of 1"]),
    "state": (["state", "POINT"], ["reading a state, .* so far"]),
    "diff": (["diff", "no3", "no4"], ["reading steps of runs . [12] of 2", "comparing values . 1 of 1"]),
    "versions": (["versions", "w", "--rose", "cost"], ["comparing versions . 2 of 2"]),
    "search": (["search", "hello"], ["searching runs . [1-9] of 9"]),
    "logs": (["logs", "no3", "--grep", "hello"], ["reading events . [0-9]+ of [0-9]+"]),
    "states": (["states", "no3", "--drop", "--yes"], ["dropping states, .* so far"]),
}
"""By verb: the words, and what is told on the bar, whose cells stand as one dot."""


FEW = ("archive", "retain", "backup", "export", "blame")
MOST = [verb if verb in FEW else pytest.param(verb, marks=pytest.mark.heavy) for verb in LONG]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """Six runs of one workflow with two versions, three that are archived, three in the trash."""
    where = tmp_path_factory.mktemp("recorded") / "data"
    with flightlog.open(where, storage="file") as store:
        for definition in ("a: 1", "a: 2"):
            store.workflows.store("w", definition)
        for number in range(12):
            named = "w" if number < 6 else "v" if number < 9 else "u"
            with store.run(named, name=f"no{number}", version=1 + number % 2 if named == "w" else None) as run:
                with run.step("s") as step:
                    step.log("hello there")
                for value in range(2):
                    run.checkpoint({"k": value, "l": number})
        for workflow, act in (("v", store.upkeep.archive), ("u", store.upkeep.trash)):
            list(act(new_order(), [Chosen(run=run.id) for run in store.runs.recent(workflow)]))
    return where


@pytest.fixture
def data(recorded, tmp_path, monkeypatch) -> Path:
    """The same, for one test."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)
    return Path(shutil.copytree(recorded, tmp_path / "data"))


def words_of(verb, data) -> list[str]:
    here = data.parent
    words, _ = LONG[verb]
    if "COPIED" in words:
        assert CliRunner().invoke(main, ["backup", str(here / "copied"), "--data", str(data)]).exit_code == 0
    if "POINT" in words:
        with flightlog.open(data) as store:
            words = ["state", store.checkpoints.list(store.runs.resolve("no3"))[-1].id]
    places = {"POLICY": here / "policy.yaml", "COPY": here / "copy", "COPIED": here / "copied", "DATA": data}
    return [*(str(places.get(word, word)) for word in words), "--data", str(data)]


@pytest.fixture
def drawn(monkeypatch) -> list[str]:
    """Lines that are drawn on bars; whoever tells of his work waits until that was drawn."""
    lines: list[str] = []
    news = threading.Condition()
    bars: dict[int, bar.Bar] = {}
    line, begin = bar.line, bar.Bar.__init__

    def written(at, **how):
        with news:
            lines.append(re.sub("[▇·]+", ".", line(at, **how)))
            news.notify_all()
            return line(at, **how)

    def made(self, progress, **how):
        begin(self, progress, **how)
        bars[id(progress)] = self

    def seen(name):
        tell = getattr(Progress, name)

        def told(self, *words):
            tell(self, *words)
            shown = bars.get(id(self))
            if shown is not None and shown._thread.is_alive() and self.look() is not None:
                with news:
                    count = len(lines)
                    assert news.wait_for(lambda: len(lines) > count + 1, 30)

        return told

    monkeypatch.setattr(bar, "line", written)
    monkeypatch.setattr(bar, "_EVERY_S", 0.001)
    monkeypatch.setattr(bar.Bar, "__init__", made)
    monkeypatch.setattr(bar.Bar, "is_shown", True)
    for name in ("begin", "reach", "step", "call"):
        monkeypatch.setattr(Progress, name, seen(name))
    return lines


@pytest.mark.parametrize("verb", MOST)
def test_it_is_told_how_much_is_done(data, drawn, verb):
    done = CliRunner().invoke(main, words_of(verb, data))
    assert done.exit_code in (0, 3), (done.output, done.exception)
    for wanted in LONG[verb][1]:
        assert any(re.search(wanted, one) for one in drawn), sorted(set(drawn))
    assert "\x1b" not in done.stderr and done.stderr.count("\r") > 1
    assert "\r" not in done.stdout


@pytest.mark.parametrize("verb", MOST)
def test_in_a_pipe_is_nothing_of_it_and_json_stays_json(data, verb):
    done = CliRunner().invoke(main, [*words_of(verb, data), "--json"])
    assert done.exit_code in (0, 3), (done.output, done.exception)
    assert not set("\r\x1b▇") & set(done.stdout + done.stderr)
    assert all(json.loads(line) is not None for line in done.stdout.splitlines())


def standing(data) -> tuple[int, int, int]:
    """Live, archived and removed runs; nothing is wrong with any."""
    with flightlog.open(data) as store:
        assert [found.what for found in store.upkeep.check() if found.severity == "error"] == []
        archived = store.runs.count(parse("archived"))
        return store.runs.count(EVERYTHING) - archived, archived, len(store.upkeep.trashed().items)


@pytest.mark.parametrize("verb", MOST)
def test_in_the_middle_of_it_an_interrupt_is_heard_and_the_same_command_goes_on(data, monkeypatch, verb):
    words, whole = words_of(verb, data), Path(shutil.copytree(data, data.parent / "whole"))
    asked = []

    def told_of(name):
        tell = getattr(Progress, name)

        def told(self, *words):
            tell(self, *words)
            if not asked and self is progressing.told():
                asked.append(name)
                os.kill(os.getpid(), signal.SIGINT)

        return told

    names = ("begin",) if verb in ("compact", "states", "state") else ("reach", "step", "call")
    with monkeypatch.context() as patched:
        for name in names:
            patched.setattr(Progress, name, told_of(name))
        done = CliRunner().invoke(main, words)
    assert asked and done.exit_code == 130, (done.output, done.exception)
    assert done.stderr.splitlines()[-1].startswith(("flightlog: stopped; ", "stopped after 1 of "))
    assert not list(data.parent.glob("*.html")) and not list(data.rglob("*.part"))
    if verb != "migrate":
        assert sum(standing(data)) == 12
    for again in (words, [str(whole) if word == str(data) else word for word in words]):
        assert CliRunner().invoke(main, [*again, *(["--force"] if verb == "export" else [])]).exit_code in (0, 3)
    if verb not in ("undo", "restore"):
        assert standing(data) == standing(whole)
