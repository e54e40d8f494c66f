"""The verbs of the archive, and what they share with the trash: undo, the audit trail, room given back."""

import json

import pytest
from cleaning import KINDS, Place


@pytest.fixture(params=KINDS)
def place(request, tmp_path, new_postgres_url):
    return Place(request.param, tmp_path / "data", new_postgres_url)


def test_archived_runs_stay_in_lists_and_come_back_as_they_were(place):
    before = place.events("night-0")
    done = place.call("archive", place.ids["night-0"], place.ids["night-1"], "--yes")
    assert "2 runs (" in done.stderr and "go to the archive: 2 of triage" in done.stderr
    first, hint = done.stdout.splitlines()
    assert first.startswith("2 runs archived: ") and " → " in first
    assert place.named("archived") == {"night-0", "night-1"} and place.named() == set(place.ids)
    assert {row["name"] for row in place.rows("archive", "ls")} == {"night-0", "night-1"}
    assert place.events("night-0") == before
    assert place.call("archive", "verify").stdout == "2 archived runs read, 0 damaged\n"
    assert place.rows("archive", "verify", place.ids["night-1"][3:]) == [{"read": 1, "damaged": 0}]

    *rows, sums = place.rows("restore", "--where", "workflow:triage", "--yes")
    assert {row["run"] for row in rows} == {place.ids["night-0"], place.ids["night-1"]}
    assert {row["did"] for row in rows} == {"restore"} and {row["outcome"] for row in rows} == {"done"}
    assert (sums["did"], sums["done"], sums["skipped"], sums["failed"]) == ("restore", 2, 0, 0)
    assert place.named("archived") == set() and place.events("night-0") == before
    assert hint.startswith("to take it back: flightlog undo 0")


def test_an_operation_is_named_by_a_part_of_its_id(place):
    first = place.rows("rm", place.ids["night-0"], "--yes")[-1]["operation"]
    second = place.rows("archive", place.ids["night-1"], "--yes")[-1]["operation"]
    place.call("undo", first[-8:], "--yes")
    assert place.named("archived") == {"night-1"} and place.named() == set(place.ids)
    said = place.call("undo", first, "--yes", code=1).stderr
    assert "cannot be taken back" in said and "it was taken back already" in said
    assert second in place.call("undo", "--yes").stderr
    assert place.named("archived") == set()
    place.call("undo", "zzzz", "--yes", code=1)


def test_a_query_means_live_runs_unless_it_says_archived(place):
    place.call("archive", place.ids["night-0"], "--yes")
    place.call("rm", "--where", "name:night-0|night-1", "--yes")
    assert place.named() == set(place.ids) - {"night-1"}
    place.call("rm", "--where", "archived", "--yes")
    assert place.named() == set(place.ids) - {"night-0", "night-1"}
    place.call("undo", "--yes")
    assert place.named("archived") == {"night-0"}


def test_the_audit_trail_tells_what_was_done_also_to_runs_that_are_gone(place):
    place.call("archive", place.ids["night-0"], "--yes")
    place.call("rm", place.ids["night-0"], place.ids["night-1"], "--yes")
    place.call("undo", "--yes")
    place.call("rm", place.ids["night-1"], "--yes")
    place.call("trash", "empty", "--yes")
    acts = place.rows("audit")
    assert [act["action"] for act in acts] == ["purge", "trash", "undo", "trash", "archive", "pin"]
    assert acts[3]["what"] == "2 runs" and acts[3]["detail"] == "taken back" and acts[3]["operation"]
    assert acts[1]["run"] == place.ids["night-1"] and acts[1]["note"] == f"flightlog rm {place.ids['night-1']}"
    assert [act["action"] for act in place.rows("audit", f"id:{place.ids['night-1']}")] == [
        "purge",
        "trash",
        "undo",
        "trash",
    ]
    assert [act["action"] for act in place.rows("audit", "name:night-0")] == ["undo", "trash", "archive"]
    shown = place.call("audit").stdout
    assert acts[0]["operation"] in shown and "flightlog trash empty" in shown
    found, after = [], ()
    while True:
        done = place.call("audit", "--json", "--limit", 4, *after)
        found += [json.loads(line) for line in done.stdout.splitlines()]
        if not done.stderr:
            break
        after = ("--after", done.stderr.split()[-1])
    assert found == acts


def test_compact_says_what_it_gives_and_asks(place):
    assert "nothing was done" in place.call("compact", code=2).stderr
    (told,) = place.rows("compact", "--yes")
    assert set(told) == {"before_bytes", "after_bytes", "room_bytes"}
    assert " → " in place.call("compact", "--yes").stdout


def test_without_yes_nothing_comes_back_where_nobody_can_be_asked(place):
    place.call("archive", place.ids["night-0"], "--yes")
    for words in (("restore", place.ids["night-0"]), ("undo",)):
        assert "nothing was done" in place.call(*words, code=2).stderr
    assert place.named("archived") == {"night-0"}
