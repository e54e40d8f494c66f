"""Hostile text in every field: none of it acts on a terminal, on any screen, in any verb, in a crash."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import flightlog
import pytest
import yaml
from click.testing import CliRunner
from corpus import CORPUS, SHORT, escaped
from flightlog.core.annotations import Noted
from flightlog.tui.cli.main import VERBS, main
from flightlog.tui.keys import place
from flightlog.tui.parts.tabs import NAMES
from hostile import forge, record
from pty_terminal import terminal
from screen_emulator import Emulator

MIXED = (
    "\x1b]52;c;UFdORUQ=\x07\x9b66;6H\u202e[/INST]\x1b]2;PWNED\x1b\\[@click=app.quit]x[/]\r\n"
    "\U000e0041\u200b\x1b_G\x1b\\\x1bPq~\x1b\\\0\t[/ end"
)
TABS = {key.keys.split(",")[0]: key.action[5:-2] for key in place("run").keys if key.action.startswith("tab(")}
"""Key of each tab of a run → its name."""


def test_the_corpus_finds_what_is_not_made_safe():
    for name, text in CORPUS.items():
        if any(character < " " and character not in "\r\n\b" for character in text):
            assert escaped(text, screen=False), name
    assert len(CORPUS) >= 60
    assert not escaped("\x1b[1;38;2;1;2;3m\x1b[2;3Hplain \u2026", screen=True)


@pytest.fixture(params=["file", pytest.param("sqlite", marks=pytest.mark.heavy)])
def storage(request):
    return request.param


def verbs(run, forged, point, other, data):
    """Every verb that prints what was recorded, as a person and as a program calls it."""
    for one in (run, forged):
        yield from (["show", one], ["logs", one, "--level", "debug"], ["states", one], ["pin", one], ["unpin", one])
        yield from (["show", one, "--json"], ["logs", one, "--json"], ["states", one, "--json"])
        yield from (["items", one], ["items", one, "--json"], ["items", one, "--retries"])
    yield from (
        ["ls"], ["ls", "--json"], ["ls", "--ids"], ["search", "a"], ["search", "a", "--json"], ["state", point],
        ["state", point, "--json"], ["blame", run], ["blame", run, "--json"], ["sessions"], ["sessions", "--json"],
        ["workflows"], ["workflows", "--json"],
        ["versions", "triage"], ["versions", "triage", "--rose", "cost"], ["version", "triage@1"],
        ["export", run, "-o", f"{data}.html"], ["diff", "triage@1", "triage@2"], ["diff", point, other],
        ["diff", "triage@1", "triage@2", "--json"], ["show", "triage@2"], ["show", "triage@2", "--json"],
        ["metrics", "triage"], ["metrics", "triage", "--json"], ["metrics", "triage", "--by", "day"],
        ["metrics", "triage", "--compare", "1", "2"], ["delete", "triage@2", "--yes"],
        ["retain", "--policy", f"{data}.yaml"], ["retain", "--policy", f"{data}.yaml", "--json"],
        ["doctor"], ["doctor", "--json"], ["config"], ["backup", f"file:{data}-copy"],
        ["backup", f"file:{data}-copy", "--json"], ["verify", str(data), f"file:{data}-copy"],
        ["migrate", "--to", f"file:{data}-moved"],
        ["audit"], ["audit", "--json"], ["space"], ["space", "--json"],
        *(["costs", "--by", by] for by in ("day", "workflow", "version", "model", "agent", "session")),
        ["migrate", "--to", f"file:{data}-1"], ["migrate", "--to", f"sqlite:{data}-2/flightlog.db", "--json"],
    )  # fmt: skip


def clean_up(run, data):
    """Every verb that changes runs, until none is left."""
    yield from (
        ["archive", run, "--yes"], ["archive", "ls"], ["archive", "ls", "--json"], ["archive", "verify"],
        ["restore", run, "--yes", "--json"], ["rm", run, "--yes"], ["trash", "ls"], ["trash", "ls", "--json"],
        ["undo", "--yes"], ["retain", "--policy", f"{data}.yaml", "--apply", "--yes"],
        ["retain", "--policy", f"{data}.yaml", "--auto"], ["rm", "--where", "workflow:*", "--yes", "--json"],
        ["rm", "--where", "archived", "--yes"], ["trash"], ["trash", "--json"], ["audit"], ["audit", "--json"],
        ["trash", "empty", "--yes"], ["compact", "--yes"], ["compact", "--yes", "--json"],
    )  # fmt: skip


def hostile_store(data, storage, text):
    """A store with the text in every field; two of its runs, and two checkpoints of one."""
    with flightlog.open(data, storage=storage) as store:
        run = record(store, text)
        store.workflows.store("triage", "a: 1\n", author="ana", note=text)
        whole = text.encode("utf-8", "ignore").decode()
        store.workflows.store(
            "triage", yaml.safe_dump({"a": whole.split()}, allow_unicode=True), author="ana", note=text
        )
        store.metrics.record_pattern(
            flightlog.Pattern(workflow="triage", name=text, description=text, evidence=(run, text))
        )
        point, other = (checkpoint.id for checkpoint in store.checkpoints.list(run))
        # (in a journal half a surrogate pair is damage, and tested as such)
        forged = forge(data, whole, spooled=storage == "sqlite")
        assert store.runs.get(forged).status == "failed"
    data.with_name("data.yaml").write_text("retention: [{match: finished<1d, then: archive}]\nminimum: 0\n")
    return run, forged, point, other


def printed_safely(words, data) -> str:
    result = CliRunner().invoke(main, [*words, "--data", str(data)])
    assert result.exit_code in (0, 3), (words, result.output, result.exception)
    assert not escaped(result.output, screen=False), (words, escaped(result.output, screen=False))
    return words[0]


CHANGES = {"rm", "restore", "archive", "trash", "undo", "compact"}
PRINTS_LITTLE = {"browse", "events", "watch", "save", "tag", "note", "approve", "reject", "demo"}


def test_no_verb_prints_it_raw(tmp_path, storage):
    data = tmp_path / "data"
    found = hostile_store(data, storage, " ".join(SHORT.values()))
    seen = {printed_safely(words, data) for words in verbs(*found, data)}
    assert seen >= set(VERBS) - PRINTS_LITTLE - CHANGES


def test_no_verb_that_cleans_up_prints_it_raw(tmp_path, storage):
    data = tmp_path / "data"
    run, *_ = hostile_store(data, storage, " ".join(SHORT.values()))
    assert {printed_safely(words, data) for words in clean_up(run, data)} >= CHANGES


@pytest.mark.parametrize("all_of_them", [False, pytest.param(True, marks=pytest.mark.heavy)])
def test_errors_quote_it_safely(tmp_path, all_of_them):
    flightlog.open(tmp_path / "data", storage="file").close()
    # (what a person types wrongly is quoted by click, which leaves invisible letters alone)
    for number, text in enumerate(text for name, text in SHORT.items() if name != "hangul_filler"):
        word = text.replace("\0", "").replace("\ud800", "\udcff").replace("\udfff", "\udcfe")
        mistakes = [["show", word], ["version", word], ["ls", word], ["ls", "--sort", word], ["--data", word, "ls"]]
        for words in mistakes if all_of_them else mistakes[number % 5 :][:1]:
            result = CliRunner().invoke(main, ["--data", str(tmp_path / "data"), *words])
            assert not result.exception or isinstance(result.exception, SystemExit), (words, result.exception)
            assert not escaped(result.output + result.stderr, screen=False), (words, result.output, result.stderr)


def test_a_data_directory_may_be_called_anything(tmp_path):
    data = tmp_path / "\x1b]2;PWNED\x07\u202e[@click=app.quit]x"
    with flightlog.open(data, storage="file") as store, store.run("triage", name="inbox"):
        pass
    with terminal(data) as t:
        t.until("inbox")
        t.press("q")
        assert t.ended() == 0
        assert not escaped(t.written, screen=True)


def open_tab(line):
    """The tab that a line of cells shows as open: the one name in one ink, for of the others the letter stands out."""
    drawn = ["".join(cell[0] for cell in alike) for _, alike in itertools.groupby(line, key=lambda cell: cell[1:])]
    return next((text.strip() for text in drawn if text.strip() in NAMES), None)


def until_open(t, name):
    """Waits until a tab is shown as open."""
    end = time.monotonic() + 40
    while (found := open_tab(t.screen.cells[1])) != name:
        assert time.monotonic() < end, f"{name} did not open, but {found}"
        t.read(quiet=0.05, limit=0.3)


def walk(t, runs):
    """Looks at everything there is: the list in all its forms, and each tab of each run with all opened."""
    assert sorted(TABS.values()) == sorted(NAMES)
    t.until("watching")
    t.read(quiet=0.4)
    for key in ("v", "v", "b", "\r", "b", "b", "/", "\x1b[27u", "?", "\x1b[27u"):
        t.press(key)
    for _ in range(runs):
        t.press("\r", quiet=0.2)
        for key, name in TABS.items():
            t.press(key, quiet=0.08)
            until_open(t, name)
            t.press("*\r\x1b[B\rd", quiet=0.06)
            t.press("v*", quiet=0.04)
        for _ in range(3):
            t.press("\x1b[27u", quiet=0.1)
        t.press("j", quiet=0.15)
    assert t.process.poll() is None, t.written[-2000:]
    t.press("\x11", quiet=0.2)
    assert t.ended() == 0, t.written[-2000:]


@pytest.mark.parametrize(
    ("columns", "rows", "storage"), [(120, 36, "file"), pytest.param(80, 24, "sqlite", marks=pytest.mark.heavy)]
)
def test_no_screen_obeys_it(tmp_path, columns, rows, storage):
    with flightlog.open(tmp_path / "data", storage=storage) as store:
        forge(tmp_path / "data", MIXED, spooled=storage == "sqlite")
        record(store, MIXED)
    with terminal(tmp_path / "data", columns=columns, rows=rows) as t:
        walk(t, 2)
        assert not escaped(t.written, screen=True)
        assert t.is_sane() and t.written.count("\x1b[?1049l") == 1
        assert "INST" in t.written


@pytest.mark.heavy
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("columns", "rows", "storage"), [(120, 36, "file"), (80, 24, "sqlite")])
def test_no_screen_obeys_any_of_the_corpus(tmp_path, columns, rows, storage):
    # Several to a text: a walk through a run's tabs takes ten seconds, and there are a hundred of them.
    everything = list(CORPUS.values())
    texts = [" ".join(everything[part::7]) for part in range(7)]
    with flightlog.open(tmp_path / "data", storage=storage) as store:
        for text in texts:
            if storage == "file":
                record(store, text)
            else:
                forge(tmp_path / "data", text, spooled=True)
    with terminal(tmp_path / "data", columns=columns, rows=rows) as t:
        walk(t, len(texts))
        assert not escaped(t.written, screen=True)
        assert t.is_sane()
        # It was given to no other program, which would have taken keys that follow, or let them be lost.
        assert t.written.count("\x1b[?1049l") == 1


CRASH = """
import sys
import flightlog
from flightlog.tui.widgets.preview import Preview
from flightlog.tui.cli.main import main

def broken(self, found):
    secret = "s3cret"
    raise RuntimeError({text!r} + found.run.name)

Preview.redraw = lambda self: broken(self, self.found) if self.found else None
main(["browse", sys.argv[1]])
"""


def test_a_mistake_of_ours_shows_no_locals_and_leaves_the_terminal_sane(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage", name=MIXED):
        pass
    with terminal(tmp_path / "data", program=(sys.executable, "-c", CRASH.format(text=MIXED))) as t:
        assert t.ended() == 1
        assert "flightlog made a mistake" in t.written and "RuntimeError" not in t.written
        assert "Traceback" not in t.written
        assert not escaped(t.written, screen=True)
        assert t.is_sane()
    (report,) = Path(os.environ["XDG_STATE_HOME"], "flightlog", "crashes").iterdir()
    assert report.name in t.written.replace("\r\n", "")
    told = report.read_text()
    assert "RuntimeError" in told and "s3cret" not in told.replace('secret = "s3cret"', "")
    assert not escaped(told, screen=False) and report.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is the judge")
def test_a_real_terminal_is_not_taken_over(tmp_path):
    def tmux(*words):
        done = subprocess.run(["tmux", "-L", f"bad-{tmp_path.name}", *words], capture_output=True, text=True)
        return done.stdout.strip()

    data = tmp_path / "data"
    with flightlog.open(data, storage="file") as store:
        for name in ("osc52_bel", "osc52_st", "osc0_title", "osc2_title", "tmux_title", "dcs_tmux"):
            record(store, CORPUS[name])
        run = record(store, MIXED)
        store.runs.annotate(Noted(run=run, text=MIXED))
    tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", "sh")
    try:
        tmux("set", "-g", "set-clipboard", "on")
        tmux("select-pane", "-T", "untouched")
        flightlog_ = f"{sys.executable} -c 'from flightlog.tui.cli.main import main; main()'"
        tmux("send-keys", f"{flightlog_} {data}; {flightlog_} logs {run} --data {data}; echo over", "Enter")
        wait_for(lambda: "watching" in tmux("capture-pane", "-p"))
        tmux("send-keys", "Enter")

        def second_line():
            screen = Emulator(200, 1)
            screen.feed(tmux("capture-pane", "-e", "-p", "-S", "1", "-E", "1").rstrip("\n"))
            return screen.cells[0]

        for key, name in TABS.items():
            tmux("send-keys", key)
            wait_for(lambda name=name: open_tab(second_line()) == name)
        tmux("send-keys", "q")
        wait_for(lambda: "\nover" in tmux("capture-pane", "-p"))
        assert tmux("list-buffers") == ""
        assert tmux("display-message", "-p", "#{pane_title}") == "untouched"
    finally:
        tmux("kill-server")


def wait_for(true, *, pause=0.05, seconds=40):
    end = time.monotonic() + seconds
    while True:
        time.sleep(pause)
        if true():
            return
        assert time.monotonic() < end, "waited in vain"


def test_json_is_ascii_whatever_was_recorded(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        run = record(store, " ".join(CORPUS.values()))
    result = CliRunner().invoke(main, ["show", run, "--json", "--data", str(tmp_path / "data")])
    assert result.stdout.isascii() and json.loads(result.stdout)["run"]["id"] == run
