"""The verbs that remove runs and bring them back: what they say, ask, do and leave alone, in every kind of store."""

import flightlog
import pytest
from cleaning import KINDS, Place
from click.testing import CliRunner
from flightlog.tui.cli import asking
from flightlog.tui.cli.main import main


@pytest.fixture(params=KINDS)
def place(request, tmp_path, new_postgres_url):
    return Place(request.param, tmp_path / "data", new_postgres_url)


def test_removed_runs_lie_in_the_trash_until_undo_or_for_good(place):
    before = place.events("night-0")
    done = place.call("rm", "--where", "workflow:triage", "--yes", code=3)
    assert "1 stays: it is pinned" in done.stderr
    assert f"{place.ids['night-2']} was left alone: it is pinned" in done.stdout
    assert f"{place.ids['night-3']} was left alone: it is the parent of run {place.ids['on']}" in done.stdout
    assert "2 runs moved to the trash: " in done.stdout and ", 2 left alone" in done.stdout
    assert place.named() == {"night-2", "night-3", "bad", "on"}
    trashed = place.rows("trash", "ls")
    assert {row["run"] for row in trashed} == {place.ids["night-0"], place.ids["night-1"]}
    assert place.ids["night-0"] in place.call("trash").stdout

    last = place.call("undo", "--yes")
    assert "2 runs moved to the trash at " in last.stderr
    assert "flightlog rm --where workflow:triage" in last.stderr
    assert last.stdout.startswith("2 runs taken back")
    assert place.named() == set(place.ids) and place.events("night-0") == before
    assert place.rows("trash", "ls") == []

    place.call("rm", place.ids["night-0"], "--yes")
    emptied = place.rows("trash", "empty", "--yes")
    assert [row["run"] for row in emptied[:-1]] == [place.ids["night-0"]] and emptied[-1]["did"] == "purge"
    assert "nothing to be taken back" in place.call("undo", "--yes", code=1).stderr
    place.call("show", place.ids["night-0"], code=1)


def test_only_what_lay_there_for_longer_leaves_the_trash(place):
    place.call("rm", place.ids["night-0"], "--yes")
    assert "there is nothing to remove" in place.call("trash", "empty", "--older", "1d", "--yes").stderr
    assert len(place.rows("trash", "ls")) == 1
    assert "a length of time is wanted" in place.call("trash", "empty", "--older", "soon", code=2).stderr
    place.call("trash", "empty", "--older", "1ms", "--yes")
    assert place.rows("trash", "ls") == []


def test_without_yes_nothing_is_done_where_nobody_can_be_asked(place):
    for words in (("rm", place.ids["night-0"]), ("archive", "--where", "workflow:triage")):
        said = place.call(*words, code=2).stderr
        assert "nobody can be asked here" in said and "(" in said.splitlines()[0]
    place.call("rm", place.ids["night-1"], "--yes")
    for words in (("undo",), ("trash", "empty")):
        assert "nothing was done; add --yes" in place.call(*words, code=2).stderr
    assert len(place.rows("trash", "ls")) == 1


def test_at_a_terminal_it_asks_and_for_a_whole_workflow_by_its_name(place, monkeypatch):
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    assert "nothing was changed" in place.call("rm", place.ids["night-0"], input="n\n", code=1).stderr
    assert "Go on? [y/N]" in place.call("rm", place.ids["night-0"], input="y\n").stderr
    place.call("pin", place.ids["on"])
    with flightlog.open(place.name) as store:
        store.run("solo", name="s").finish()
    asked = place.call("rm", "--where", "workflow:solo", input="soli\n", code=1).stderr
    assert "No run of solo would be left" in asked and "nothing was changed" in asked
    place.call("rm", "--where", "workflow:solo", input="solo\n")
    assert place.named("workflow:solo") == set()


def test_a_query_that_is_none_changes_nothing(place):
    for where, says in (
        ("", "an empty query means every run"),
        ("status:complete", "did you mean completed?"),
        ("finished>soon", "--where"),
    ):
        assert says in place.call("rm", "--where", where, "--yes", code=2).stderr
    assert "say which with --where" in place.call("rm", "--yes", code=2).stderr
    assert "say which with --where" in place.call("archive", "night-0", "--where", "night-1", "--yes", code=2).stderr
    assert "there is no run" in place.call("rm", place.ids["night-0"], "nobody", "--yes", code=1).stderr
    assert "no run is meant" in place.call("rm", "--where", "workflow:nothing", "--yes").stderr
    assert place.named() == set(place.ids)


def test_read_only_and_one_session_alone_change_nothing(place):
    for words in (
        ("rm", place.ids["night-0"]),
        ("archive", place.ids["night-0"]),
        ("undo",),
        ("trash", "empty"),
        ("compact",),
    ):
        assert "read-only" in place.call(*words, "--yes", "--read-only", code=1).stderr
        assert "whole store" in place.call(*words, "--yes", "--session", "ana", code=2).stderr
    assert place.named() == set(place.ids)


def test_parts_of_a_verb_have_help_of_their_own(place):
    assert "ls      List the archived runs" in place.call("archive", "--help").stdout
    assert "--older" in place.call("trash", "empty", "--help").stdout


def test_parts_of_a_verb_are_completed():
    words = {"COMP_WORDS": "flightlog trash e", "COMP_CWORD": "2", "_FLIGHTLOG_COMPLETE": "bash_complete"}
    done = CliRunner().invoke(main, env=words, prog_name="flightlog")
    assert done.stdout == "plain,empty\n"
    deeper = words | {"COMP_WORDS": "flightlog trash empty --o", "COMP_CWORD": "3"}
    assert CliRunner().invoke(main, env=deeper, prog_name="flightlog").stdout == "plain,--older\n"
