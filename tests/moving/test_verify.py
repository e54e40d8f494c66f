"""Verifying finds whatever differs, be it one byte, and names it; equal stores are equal however they are kept."""

import os
import shutil
import sqlite3
from contextlib import closing

import flightlog
import pytest
from flightlog.core.errors import StorageError
from flightlog.core.moving import apart, several
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from moving_stores import copy, differences, fill

# Hints beside the recorded bytes, and what says where a run lies: nothing of them is told to anybody.
HINTS = {
    "events": {"type", "level"},
    "annotations": {"id", "run"},
    "runs": {"size_bytes", "revision", "damaged", "source", "source_id", "status", "evidence", "archived"},
}
TABLES = ("events", "state_values", "annotations", "versions", "version_meta", "tombstones", "patterns", "runs")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A data directory of files, a copy of it as a database, and one as files."""
    root = tmp_path_factory.mktemp("pair")
    one, database, files = f"file:{root / 'a'}", f"sqlite:{root / 'b' / 'flightlog.db'}", f"file:{root / 'c'}"
    (root / "b").mkdir()
    (root / "b" / "flightlog.yaml").write_text("storage: {workflows: {type: sqlite}}")
    fill(one)
    assert copy(one, database).findings == copy(one, files).findings == ()
    return root, one


def other(value, data):
    """A value that is not this one."""
    if isinstance(value, bytes):
        at = data.draw(st.integers(0, len(value) - 1))
        return value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 127))]) + value[at + 1 :]
    if isinstance(value, str):
        return value + "x"
    return 1 if value is None else value + 1


def change_a_row(path, data):
    """Changes one column of one row, or takes the row away; what it did."""
    with closing(sqlite3.connect(path)) as database:
        table = data.draw(st.sampled_from(TABLES))
        kept = "WHERE NOT deleted" if table == "versions" else ""  # a tombstone's row has columns without meaning
        rows = database.execute(f"SELECT rowid, * FROM {table} {kept}").fetchall()
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        row = data.draw(st.sampled_from(rows))
        name = data.draw(st.sampled_from([name for name in names if name not in HINTS.get(table, ())]))
        if data.draw(st.booleans()):
            database.execute(f"DELETE FROM {table} WHERE rowid = ?", row[:1])
            value = "deleted"
        else:
            value = other(row[1 + names.index(name)], data)
            done = database.execute(f'UPDATE OR IGNORE {table} SET "{name}" = ? WHERE rowid = ?', (value, row[0]))
            assume(done.rowcount)  # else there is a row of that key
        database.commit()
        return f"{table}.{name} {row[0]} = {value!r}"


def check_rows(pair, data):
    root, one = pair
    shutil.rmtree(root / "changed", ignore_errors=True)
    # Without the spool, from which what an unfinished run lacks would be made good.
    shutil.copytree(root / "b", root / "changed", ignore=shutil.ignore_patterns("*.jsonl"))
    path = root / "changed" / "flightlog.db"
    did = change_a_row(path, data)
    found = differences(one, f"sqlite:{path}")
    assert found, did
    assert differences(f"sqlite:{path}", one), did


@settings(max_examples=10, phases=[Phase.generate])
@given(st.data())
def test_every_changed_row_is_named(pair, data):
    check_rows(pair, data)


@pytest.mark.heavy
@settings(max_examples=200, phases=[Phase.generate])
@given(st.data())
def test_every_changed_row_is_named_often(pair, data):
    check_rows(pair, data)


def check_bytes(pair, data):
    root, one = pair
    shutil.rmtree(root / "changed", ignore_errors=True)
    shutil.copytree(root / "c", root / "changed", ignore=shutil.ignore_patterns(".flightlog"))
    files = sorted(path for path in (root / "changed").rglob("*") if path.is_file() and path.stat().st_size)
    path = data.draw(st.sampled_from(files))
    text = path.read_bytes()
    has_header = ".states" in path.name or path.name == "annotations.jsonl" or path.suffix == ".yaml"
    first = text.index(b"\n") + 1 if has_header else 0
    # A line's end hides nothing, for an event proves itself; neither does what is said about the format.
    places = [at for at in range(first, len(text)) if text[at] != 10]
    at = data.draw(st.sampled_from(places))
    changed = bytes([text[at] ^ data.draw(st.integers(1, 127))])
    path.write_bytes(text[:at] + changed + text[at + 1 :])
    found = differences(one, f"file:{root / 'changed'}")
    assert found, (path, at, text[max(at - 40, 0) : at + 40], changed)


@settings(max_examples=10, phases=[Phase.generate])
@given(st.data())
def test_every_changed_byte_of_a_file_is_named(pair, data):
    check_bytes(pair, data)


@pytest.mark.heavy
@settings(max_examples=200, phases=[Phase.generate])
@given(st.data())
def test_every_changed_byte_of_a_file_is_named_often(pair, data):
    check_bytes(pair, data)


def test_what_is_on_one_side_alone_is_named_from_both(place):
    one, two = place("file", "a"), place("sqlite", "b")
    fill(one)
    copy(one, two)
    with flightlog.open(two) as store, store.run("w") as run:
        pass
    (only,) = differences(one, two)
    assert only.run == run.id and only.what.startswith(f"run {run.id} is only in ")
    assert [finding.run for finding in differences(two, one)] == [run.id]


def test_a_store_is_not_compared_with_itself(place, tmp_path):
    one = place("file", "a")
    fill(one)
    with pytest.raises(StorageError, match="both are the same store"):
        differences(one, os.fspath(tmp_path / "a"))


def test_damage_of_either_side_is_named(place, tmp_path):
    one, two = place("file", "a"), place("sqlite", "b")
    runs = fill(one)
    copy(one, two)
    (journal,) = (tmp_path / "a" / "runs").glob(f"*/{runs[0]}.jsonl")
    text = bytearray(journal.read_bytes())
    text[text.index(b"step.started") + 20] ^= 1
    journal.write_bytes(text)
    kinds = {(finding.kind, finding.run) for finding in differences(one, two)}
    assert kinds == {("run", runs[0]), ("damaged", runs[0])}


LISTS = st.dictionaries(st.integers(0, 9), st.sampled_from("ab"))


@given(LISTS, LISTS)
def test_what_is_apart_is_what_differs(a, b):
    found = dict(apart(sorted(a.items()), sorted(b.items())))
    assert found.keys() == {key for key in a.keys() | b.keys() if a.get(key) != b.get(key)}
    for key, side in found.items():
        assert side == ("both" if key in a and key in b else "first" if key in a else "second")


def test_numbers_are_told_in_spans():
    assert several("event", [7]) == "event 7"
    assert several("event", [3, 4, 5, 9]) == "events 3–5, 9"
    assert several("event", [1, 3, 5, 7, 9, 11]) == "events 1, 3, 5, 7, 9 … (6 of them)"
