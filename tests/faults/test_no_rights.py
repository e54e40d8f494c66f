"""Folders and files that somebody may not read or change: what can be shown is, the rest is said in one sentence."""

import ctypes
import os
from pathlib import Path

import flightlog
import pytest
from clean_up_scene import YES, Place, tree
from flightlog.backends.glancing import glance
from flightlog.core.errors import FlightlogError
from flightlog.core.ids import new_ulid
from flightlog.tui.cli import retaining
from strace_points import in_a_child
from verb_scene import census


def as_others() -> None:
    """From now on this process is stopped by modes and owners as everybody is, though it be root's."""
    if os.getuid() == 0:
        header, found = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.capget(header, found) == 0, os.strerror(ctypes.get_errno())
        for at in (0, 1, 2):  # effective, permitted, inheritable: chown, dac_override, dac_read_search, fowner
            found[at] &= ~0b1111
        assert libc.capset(header, found) == 0, os.strerror(ctypes.get_errno())


def said(place: Place, *words: str) -> tuple[int, str]:
    """Exit code and words of a verb, for a child that `as_others` was called in."""
    code, told = place.call(*words)
    assert code in (0, 1, 2, 3) and "Traceback" not in told, (words, told)
    if code in (1, 2):
        assert told.count("flightlog: ") == 1, (words, told)
    return code, told


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_where_the_archive_may_not_be_seen_all_else_is_shown_and_done(tmp_path, storage, caplog):
    place = Place(tmp_path, storage)
    archive = place.data / "archive"
    archive.chmod(0)

    def tried() -> None:
        as_others()
        code, told = said(place, "ls", "--all")
        assert code == 0 and all(run in told for run in (place.archived, *place.live)), told
        if storage == "file":
            assert "archive/ may not be read" in caplog.text
        code, told = said(place, "show", place.archived)
        assert code == 0 and "archived" in told, told
        code, told = said(place, "logs", place.archived)
        assert code == 1 and "Permission denied" in told, told
        code, told = said(place, "logs", place.live[0])
        assert code == 0 and "PLANTED words" in told, told
        code, told = said(place, "archive", place.live[0], YES)
        assert code == 3 and "this folder may not be read or changed" in told, told
        code, told = said(place, "restore", place.archived, YES)
        assert code == 3 and "this folder may not be read or changed" in told, told
        code, told = said(place, "rm", place.live[1], YES)
        assert code == 0, told
        code, told = said(place, "undo", YES)
        assert code == 0, told
        for words in (("trash", "ls"), ("space",)):
            assert said(place, *words)[0] == 0
        code, told = said(place, "doctor")
        assert code == 3 and "archive" in told, told

    in_a_child(tried)
    archive.chmod(0o700)
    found = census(place.data)
    assert found[place.archived] == ("archive", place.digests[place.archived])
    assert all(found[run] == ("live", place.digests[run]) for run in place.live)


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_who_may_not_write_is_told_before_anything_is_planned(tmp_path, storage, monkeypatch):
    place = Place(tmp_path, storage)
    policy = tmp_path / "policy.yaml"
    policy.write_text("retention: [{match: 'status:completed', keep: {last: 1}, then: trash}]")
    closed = [place.data, *place.data.rglob("*")]
    modes = {path: path.stat().st_mode for path in closed}
    for path in closed:
        path.chmod(0o500 if path.is_dir() else 0o400)
    planned = []

    def tried() -> None:
        as_others()
        _, of_one_run = said(place, "rm", place.live[0], YES)
        monkeypatch.setattr(retaining, "planned", lambda *given: planned.append(given))
        code, told = said(place, "retain", "--apply", "--policy", str(policy), YES)
        assert code == 1 and not planned, told
        assert told.splitlines()[-1] == of_one_run.splitlines()[-1], (told, of_one_run)

    in_a_child(tried)
    for path, mode in modes.items():
        path.chmod(mode)


def test_a_day_that_may_not_be_read_is_named_by_a_search_of_logs_and_the_others_are_searched(tmp_path):
    place = Place(tmp_path, "file")
    with flightlog.open(place.data) as store, store.run("triage", id=new_ulid(1_700_000_000_000)) as run:
        run.log("PLANTED words of long ago")
    with flightlog.open(place.data) as store:
        store.runs.totals()
    day = place.data / "runs" / "2023-11-14"
    day.chmod(0)

    def tried() -> None:
        as_others()
        for words in (["ls", "log:planted"], ["ls", "log:planted", "--json"], ["search", "planted"]):
            code, told = said(place, *words)
            assert code == 3 and place.live[0] in told and run.id not in told, told
            assert f"{day}: the logs of 1 run are not searched" in told, told
        code, told = said(place, "ls", "--ids", "--", "-log:planted")  # of which nobody knows that either
        assert code == 3 and not [line for line in told.splitlines() if line == run.id], told
        assert said(place, "ls", "workflow:triage")[0] == 0
        code, told = said(place, "rm", "--where", "log:planted", YES)  # half of them is not what was meant
        assert code == 1 and "Permission denied" in told, told

    in_a_child(tried)
    day.chmod(0o700)
    code, told = said(place, "ls", "log:planted")
    assert code == 0 and run.id in told


RIGHTS = {
    "the archive may only be read": ("archive", 0o500),
    "the archive may not be seen": ("archive", 0),
    "the trash may only be read": ("trash", 0o500),
    "the trash may not be seen": ("trash", 0),
    "the runs may only be read": ("runs", 0o500),
    "the record may only be read": ("audit.jsonl", 0o400),
    "the record may not be read": ("audit.jsonl", 0),
    "all may only be read": (".", 0o500),
}


@pytest.mark.parametrize("storage", ["file", "sqlite"])
@pytest.mark.parametrize("closed", ["data", "data/.."])
def test_a_folder_that_nobody_may_look_into_is_one_sentence_for_every_verb(tmp_path, storage, closed, caplog):
    (tmp_path / "theirs").mkdir()
    place = Place(tmp_path / "theirs", storage)
    theirs, mine = tmp_path / "theirs" / closed, tmp_path / "mine"
    mine.mkdir()
    mode = theirs.stat().st_mode
    theirs.chmod(0)
    db = str(place.data / "flightlog.db")
    verbs = (["ls"], ["doctor"], ["config"], ["archive", place.live[0], YES], ["ls", "--read-only"])
    verbs = (*verbs, ["verify", str(place.data), str(mine)], ["backup", str(mine / "copy")])

    def tried() -> None:
        as_others()
        for words in verbs:
            code, told = said(place, *words)
            assert code in (1, 2) and "ermission denied" in told, (words, told)
        assert glance(place.data, limit=10) is None
        with pytest.raises(FlightlogError, match="ermission denied"):
            flightlog.open(place.data).run("w")
        place.data = mine
        (mine / "flightlog.yaml").write_text(f"storage: {{logs: {{type: sqlite, path: '{db}'}}}}")
        code, told = said(place, "ls")
        assert code == 1 and "ermission denied" in told, told
        rest = f"archive: {{path: '{theirs}/x'}}\nsources: [{{type: langgraph, path: '{db}'}}]"
        (mine / "flightlog.yaml").write_text(rest)
        code, told = said(place, "ls")  # what can be shown is
        assert code == 0 and "source flightlog.db: not allowed" in caplog.text, told

    in_a_child(tried)
    theirs.chmod(mode)


@pytest.mark.heavy
@pytest.mark.parametrize("case", [*RIGHTS, "a run of another user", "a trash of another user"])
def test_without_rights_it_is_said_and_nothing_is_lost(tmp_path, case):
    place = Place(tmp_path, "file")
    restored: list[tuple[Path, int]] = []
    if case in RIGHTS:
        name, mode = RIGHTS[case]
        path = place.data / name
        restored.append((path, path.stat().st_mode & 0o777))
        path.chmod(mode)
    elif os.getuid() == 0:
        name = f"runs/*/{place.live[0]}.jsonl" if "run" in case else "trash"
        path = next(place.data.glob(name))
        os.chown(path, 65534, 65534)
    before = tree(place.outside)
    verbs = (
        ("archive", place.live[0], YES),
        ("rm", place.live[1], YES),
        ("restore", place.archived, YES),
        ("undo", YES),
        ("doctor", "--fix", YES),
        ("ls", "--all"),
    )
    in_a_child(lambda: (as_others(), [said(place, *words) for words in verbs]))
    for path, mode in restored:
        path.chmod(mode)
    found = census(place.data)
    assert found.keys() == place.digests.keys()
    shown = {run: digest for run, (where, digest) in found.items() if where != "trash"}
    assert shown == {run: place.digests[run] for run in shown}
    for path, _ in restored:
        path.chmod(RIGHTS[case][1])
    in_a_child(lambda: (as_others(), said(place, "trash", "empty", YES)))
    for path, mode in restored:
        path.chmod(mode)
    assert census(place.data).keys() >= shown.keys()
    assert tree(place.outside) == before
