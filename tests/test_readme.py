"""What the README and the guides say is so: keys, verbs, Python, queries, pictures."""

import re
import time
from pathlib import Path

import flightlog
import pytest
from flightlog.core import clock
from flightlog.core.query.query import parse
from flightlog.tui.cli.main import VERBS
from flightlog.tui.key_list import written_into
from flightlog.tui.keys import PLACES, all_shown
from flightlog.tui.widgets.log_reader import EMPTY

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
GUIDES = ("README.md", "tui/GUIDE.md", "backends/GUIDE.md", "core/retention/GUIDE.md")


def test_the_keys_are_those_of_the_table():
    assert written_into(README) == README, "run: python -m flightlog.tui.key_list README.md"


def test_the_verbs_are_those_of_the_program():
    listed = re.search(r"Every screen has its twin: `([^`]+)`", README)
    assert listed
    assert sorted(listed.group(1).split()) == sorted(set(VERBS) - {"browse"})


@pytest.mark.parametrize("guide", GUIDES)
def test_every_link_into_the_project_leads_somewhere(guide):
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", (ROOT / guide).read_text())
    assert links
    assert not [link for link in links if not ((ROOT / guide).parent / link).exists()]


def test_every_path_into_the_project_that_is_named_exists():
    texts = [(ROOT / guide).read_text() for guide in GUIDES]
    named = [name for text in texts for name in re.findall(r"[` ]((?:core|backends|tui|tests)/[\w/.]*)`", text)]
    assert len(named) > 20
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("guide", GUIDES[1:])
def test_every_key_that_a_guide_names_is_one(guide):
    named = re.findall(r"(?<!`)`(ctrl\+\w|\^\w|[^\s`])`", (ROOT / guide).read_text())
    keys = {key for place in PLACES for row in place.keys for key in all_shown(row).split()}
    assert named
    assert {key.replace("ctrl+", "^").replace("^C", "^c") for key in named} <= keys | {"^c"}


def test_the_five_lines_record_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"## Record\n\n```python\n(.*?)```", README, re.S)
    assert code
    exec(compile(code.group(1), "README", "exec"), {})
    with flightlog.open("data") as store:
        (run,) = store.runs.recent("triage")
        assert (run.status, run.steps, run.checkpoints, run.logs) == ("completed", 1, 1, 1)
        assert run.tokens.total == 889


def test_the_lines_of_the_guide_read_and_add_to_what_was_recorded(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    added, read = re.findall(r"```python\n(.*?)```", (ROOT / "tui/GUIDE.md").read_text(), re.S)
    with flightlog.open("data") as store, store.run("triage") as run, run.step("fetch"):
        exec(compile(added, "GUIDE", "exec"), {"flightlog": flightlog, "store": store, "run": run})
        run.fail("no way out")
    exec(compile(read, "GUIDE", "exec"), {"flightlog": flightlog})
    assert capsys.readouterr().out == f"{run.id} no way out ['fetch']\n"
    with flightlog.open("data") as store:
        assert [found.id for found in store.find("metric.helpful>0.5")] == [run.id]


def test_the_lines_that_clean_up_do_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with flightlog.open("data") as store:
        for name in ("old", "new"):
            store.run("triage", name=name).finish("failed")
    (tmp_path / "data" / "flightlog.yaml").write_text("max_runs: 1\n")
    (lines,) = re.findall(r"```python\n(with .*?store\.undo.*?)```", README, re.S)
    lines = lines.replace("status:completed finished>90d", "name:old")
    exec(compile(lines, "README", "exec"), {"flightlog": flightlog})
    (guided,) = re.findall(r"```python\n(.*?)```", (ROOT / "core/retention/GUIDE.md").read_text(), re.S)
    month = 31 * 86_400 * 10**9
    with clock.pretending(lambda: time.time_ns() + month):
        exec(compile(guided, "GUIDE", "exec"), {"flightlog": flightlog})
    assert capsys.readouterr().out.splitlines()[-1] == "0 {} {}"
    with flightlog.open("data") as store:
        assert [(run.name, run.archived) for run in store.find()] == [("new", False), ("old", True)]


@pytest.mark.parametrize("mark", ["test command", "keys"])
def test_its_marks_are_there(mark):
    assert f"<!-- {mark} -->" in README


def test_the_queries_that_are_shown_are_understood_whole():
    lines = re.search(r"## Find runs\n.*?```text\n(.*?)```", (ROOT / "tui/GUIDE.md").read_text(), re.S)
    assert lines
    queries = [re.split(r" {2,}", line)[0] for line in lines.group(1).splitlines()]
    assert len(queries) == 7
    assert not [parse(query).message for query in queries if parse(query).message]


def test_an_empty_log_teaches_the_lines_of_the_readme():
    assert EMPTY.code.splitlines()[-1] in README
