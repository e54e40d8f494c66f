"""Versions of workflows from the command line: saved, printed, drawn as a lineage, compared and deleted."""

import json

import flightlog
import pytest
from calling import call, lines_of
from click.testing import CliRunner
from flightlog.core.signing import who
from flightlog.tui.cli.main import main


def test_save_and_version_give_the_text_back_byte_for_byte(data, tmp_path):
    text = "# kept: comment\nb:   2\na: [1,  2]\n"
    (tmp_path / "v.yaml").write_text(text)
    saved = json.loads(call("save", "triage", tmp_path / "v.yaml", "--note", "why", "--json", "--data", data))
    assert (saved["number"], saved["parents"], saved["note"]) == (2, [1], "why")
    assert call("version", "triage@2", "--data", data) == text
    assert call("version", "triage", "--data", data) == text
    call("version", "triage@nine", "--data", data, code=2)
    call("version", "triage@9", "--data", data, code=1)


def test_a_lineage_is_drawn_compared_and_pruned(data, tmp_path):
    (tmp_path / "b.yaml").write_text("# kept\na: 2\n")
    (tmp_path / "c.yaml").write_text("a: 3\n")
    call("save", "triage", tmp_path / "b.yaml", "--note", "second", "--data", data)
    call("save", "triage", tmp_path / "c.yaml", "--parent", "1", "--meta", "ticket=FL-1", "--data", data)
    merged = call("save", "triage", tmp_path / "b.yaml", "--parent", "3", "--parent", "2", "--json", "--data", data)
    assert json.loads(merged)["parents"] == [3, 2]
    shown = call("versions", "triage", "--data", data)
    assert [line.split("  ")[0].rstrip() for line in shown.splitlines()[1:5]] == ["●─╮", "● │", "├─●", "●"]
    assert call("versions", "triage", "--ascii", "--data", data).split("\n")[1].startswith("o-.")
    told = call("diff", "triage@1", "triage@2", "--data", data)
    assert told.splitlines()[2:] == ["@@ -1,2 +1,3 @@", "-a: 1", "+# kept", "+a: 2", " "]
    assert call("diff", "triage@3", "--data", data).splitlines()[0] == "--- triage@1  first"
    assert {line["kind"] for line in lines_of("diff", "triage@1", "triage@2", "--json", "--data", data)} == {
        "same", "added", "removed",
    }  # fmt: skip
    call("diff", "triage@1", "triage@9", "--data", data, code=1)
    call("diff", "triage", "--data", data, code=2)
    call("delete", "triage@2", "--data", data, code=2)  # nobody can be asked here
    call("delete", "triage@2", "--yes", "--data", data, code=1)
    call("delete", "triage", "--yes", "--data", data, code=2)
    left = json.loads(call("delete", "triage@2", "--force", "--yes", "--note", "a key in it", "--json", "--data", data))
    assert (left["deleted"]["note"], left["parents"], left["definition"]) == ("a key in it", [1], "")
    assert "deleted" in call("versions", "triage", "--data", data)
    rows = {row["number"]: row for row in lines_of("versions", "triage", "--json", "--data", data)}
    assert [rows[n]["kept"] for n in (1, 2, 3, 4)] == [True, False, True, True]
    assert (rows[2]["author"], rows[2]["note"], rows[2]["created"]) == (left["author"], left["note"], left["created"])
    saved = [act for act in lines_of("audit", "--json", "--data", data) if act["version"] == 2]
    assert [(act["action"], act["by"]) for act in saved] == [("delete", who()), ("save", left["author"])]
    assert rows[3]["meta"] == {"ticket": "FL-1"}
    call("version", "triage@2", "--data", data, code=1)


def test_a_version_edited_by_hand_is_shown_and_told(data):
    (path,) = [*data.rglob("v0001.yaml")]
    path.write_bytes(path.read_bytes() + b"b: 2\n")
    assert call("version", "triage@1", "--data", data, code=3).startswith("a: 1\nb: 2\n")
    assert "changed after it was saved" in call("versions", "triage", "--data", data)


@pytest.mark.parametrize("words", [["versions"], ["version"], ["metrics"], ["diff"], ["show"]])
def test_a_workflow_that_is_nearly_one_is_named(data, words):
    named = "triaeg" if words[0] in ("versions", "metrics") else "triaeg@1"
    said = CliRunner().invoke(main, [*words, named, "--data", str(data)])
    assert (said.exit_code, said.stderr) == (1, "flightlog: no such workflow (triaeg); did you mean 'triage'?\n")


def test_a_workflow_without_versions_is_not_said_to_be_none(tmp_path):
    with flightlog.open(tmp_path) as store:
        store.run("loose").finish()
    said = CliRunner().invoke(main, ["version", "loose", "--data", str(tmp_path)])
    assert said.stderr == "flightlog: there is no version of loose; `flightlog workflows` tells what has any\n"
