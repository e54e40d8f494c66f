"""The demo: six kinds of agent in processes of their own, recorded through the public recorder, cleaned up after."""

import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import flightlog
import pytest
from flightlog.core.pages import Sort
from flightlog.core.query.query import parse
from flightlog.tui.demo.agents import KINDS
from flightlog.tui.demo.fleet import FLEET, Fleet

COMMAND = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()", "demo"]


def story(data: Path) -> dict[str, bool]:
    """To what point each kind of agent has come."""
    with flightlog.open(data) as store:
        runs, completed = store.runs, parse("status:completed")
        smallest, largest = (
            [run.size_bytes for run in runs.query(completed, Sort(field="size", descending=order), limit=1).items]
            for order in (False, True)
        )
        attempts = [step.attempt for run in runs.recent("report") for step in runs.steps(run.id)]
        parents = [{step.parent for step in runs.steps(run.id)} for run in runs.recent("research")]
        return {
            "all workflows": set(runs.values("workflow"))
            == {"triage", "research", "report", "label-tickets", "deploy", "index-docs"},
            "completed": runs.count(completed) > 5,
            "lost": runs.count(parse("status:lost workflow:index-docs")) >= 1,
            "asked": runs.count(parse("has:approval workflow:deploy")) >= 1,
            "labelled": runs.count(parse("workflow:label-tickets status:completed")) >= 1,
            "tried again": any(attempt > 1 for attempt in attempts),
            "items failed": any(run.items_failed for run in runs.recent("label-tickets")),
            "versions": len(store.workflows.list("triage")) >= 2,
            "runs of versions": len({run.version for run in runs.recent("triage")}) >= 2,
            "models": len(runs.values("model")) >= 3,
            "a small one": smallest != [] and smallest[0] < 6_000,
            "a large one": largest != [] and largest[0] > 3_000_000,
            "steps in steps": any(found > {None} for found in parents),
        }


@pytest.mark.parametrize("storage", ["file", pytest.param("sqlite", marks=pytest.mark.heavy)])
def test_a_headless_demo_records_every_kind_of_story(tmp_path, storage):
    data = tmp_path / "data"
    for _ in range(6):  # a busy machine needs longer for all the stories
        done = subprocess.run([*COMMAND, "--headless", "9", "--storage", storage, "--data", data], capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        if all((told := story(data)).values()):
            break
    assert told == dict.fromkeys(told, True)
    assert len(KINDS) == 6
    left = subprocess.run(["pgrep", "-f", str(data)], capture_output=True, text=True).stdout.split()
    assert not left


def test_the_other_agents_leave_the_machine_to_who_opens_the_store(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(Fleet, "_spawn", lambda self, kind, twin: begun.append(kind))
    fleet = Fleet(str(tmp_path), tmp_path)
    fleet.start()
    assert len(begun) == 1
    fleet.fill()
    until = time.monotonic() + 30
    while len(begun) < 3:
        assert time.monotonic() < until
        time.sleep(0.02)
    fleet.stop(kept=False)
    assert begun[0] == FLEET[0][0]


@pytest.mark.parametrize("ending", [b"q", signal.SIGHUP])
def test_the_demo_ends_with_its_browser_and_leaves_nothing(tmp_path, ending):
    terminal, child = pty.openpty()
    surroundings = os.environ | {"TMPDIR": str(tmp_path), "TERM": "xterm-256color"}
    surroundings |= {"FLIGHTLOG_CONFIG": str(tmp_path / "real.yaml"), "FLIGHTLOG_DISABLED": "1"}  # not for a demo
    with subprocess.Popen(
        COMMAND, stdin=child, stdout=child, stderr=child, env=surroundings, start_new_session=True
    ) as demo:
        os.close(child)
        seen = b""
        began = time.monotonic()
        wanted = b"triage", b"following"  # what runs now is in sight until somebody looks elsewhere
        while not all(word in seen for word in wanted) and time.monotonic() - began < 60:
            seen += os.read(terminal, 65536)
        assert all(word in seen for word in wanted)
        if isinstance(ending, bytes):
            os.write(terminal, ending)
        else:
            demo.send_signal(ending)
        while time.monotonic() - began < 90:
            try:
                seen += os.read(terminal, 65536)  # ends when the last to hold the terminal has gone
            except OSError:
                break
        assert demo.wait(60) in (0, 129)
    assert b"the agents stop, what they recorded goes" in seen
    assert not list(Path(tmp_path).glob("flightlog-demo-*"))
    assert not subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True).stdout.split()


def test_a_demo_that_cannot_record_says_so(tmp_path):
    (transcripts := tmp_path / ".claude" / "projects" / "-srv-mail").mkdir(parents=True)
    (transcripts / "5d8e1c1e.jsonl").write_text('{"type":"summary","leafUuid":"a"}\n')
    (config := tmp_path / "odd.yaml").write_text("logs: 1")
    for words, told in (
        (["--data", "/proc/none"], "/proc/none"),
        (["--data", tmp_path / ".claude"], "it can only be read"),
        (["--data", "file:" + str(tmp_path / "x"), "--config", config], "'logs' is no key"),
        (["--config", config], "nobody would see"),
        ([], "nobody would see"),
    ):
        done = subprocess.run([*COMMAND, "--headless", "2", *words], capture_output=True, text=True)
        assert done.returncode in (1, 2)
        assert told in done.stderr
        assert "recorded for" not in done.stderr
    assert [one.name for one in (tmp_path / ".claude").rglob("*") if one.is_dir()] == ["projects", "-srv-mail"]


def test_a_demo_on_a_server_tells_nobody_its_password(new_postgres_url):
    url = new_postgres_url()
    told = [*COMMAND[:-1], "demo", "--headless", "6"]
    with subprocess.Popen([*told, "--data", url], stderr=subprocess.PIPE, text=True) as demo:
        agents = f"/proc/{demo.pid}/task/{demo.pid}/children"
        commands: list[str] = []
        while demo.poll() is None:
            for pid in Path(agents).read_text().split() if Path(agents).exists() else []:
                with suppress(OSError):
                    commands.append(Path(f"/proc/{pid}/cmdline").read_text())
            time.sleep(0.2)
        assert demo.stderr
        said = demo.stderr.read()
    assert commands
    assert not [one for one in (*commands, said) if url in one or "sesame" in one]
    with flightlog.open(url) as store:
        assert store.runs.totals().runs > 0
