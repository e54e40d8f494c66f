"""The command line is killed, or refused, at system calls of its work, and called again: nothing lost, twice or half.

The proof from outside: whole processes, real calls, those of SQLite too. A sample by default, every call with
`FLIGHTLOG_EVERY_STEP=1` (an hour and more).
"""

import errno
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import flightlog
import pytest
from flightlog.core.ids import new_ulid
from strace_points import MEANS, copied, in_a_child, said_by, struck
from verb_scene import brought_back, census, digest, leftovers, planted, recorded

GO = ("--where", "tag:go", "--yes")
ID = "01m7zt00000000000000000042"


class Case(NamedTuple):
    """A verb, what is called before it is, and where the chosen runs lie before and after it ("": nowhere)."""

    words: Sequence[str]
    before: Sequence[Sequence[str]]
    begins: str
    ends: str


ARCHIVE, REMOVE = ("archive", *GO), ("rm", *GO)
REMOVE_ARCHIVED = ("rm", "--where", "tag:go archived", "--yes")
CASES = {
    "archive": Case(ARCHIVE, (), "live", "archive"),
    "restore": Case(("restore", *GO), (ARCHIVE,), "archive", "live"),
    "rm": Case(REMOVE, (), "live", "trash"),
    "rm of archived": Case(REMOVE_ARCHIVED, (ARCHIVE,), "archive", "trash"),
    "undo": Case(("undo", "OP", "--yes"), (REMOVE,), "trash", "live"),
    "undo of archive": Case(("undo", "OP", "--yes"), (ARCHIVE,), "archive", "live"),
    "trash empty": Case(("trash", "empty", "--yes"), (REMOVE,), "trash", ""),
    "retain": Case(("retain", "--apply", "--yes", "--policy", "POLICY"), (), "live", "archive"),
}
FAULTY = ("archive", "restore", "rm", "undo", "trash empty", "retain")
FAULTS = {"killed": 0, "full": errno.ENOSPC, "broken": errno.EIO}
POLICY = "retention: [{match: 'tag:go', then: archive}]\n"


class Scene:
    """The store of a case, and where it is tried."""

    def __init__(self, folder: Path, storage: str, case: Case) -> None:
        self.base, self.data, self.case = folder / "base", folder / "try" / "data", case
        self.data.parent.mkdir()
        (folder / "policy.yaml").write_text(POLICY)
        self.digests = recorded(self.base, storage)
        self.go, self.others = list(self.digests)[:2], list(self.digests)[2:]
        for words in case.before:
            code, said = said_by(words, self.base)
            assert code == 0, said
        with flightlog.open(self.base) as store:
            last = next(iter(store.upkeep.operations(limit=1).items), None)
        places = {"OP": last.id if last else "", "POLICY": str(folder / "policy.yaml")}
        self.words = [places.get(word, word) for word in case.words]

    def each(self, few: int, fault: int = 0):
        return struck(self.words, self.data, copied(self.base, self.data), few, fault)

    def check_cut(self, *, read_only: bool) -> None:
        """What must hold after it was cut off: each run whole in one place, before it or after it."""
        found = census(self.data, read_only=read_only)
        for run in self.others:
            assert found[run] == ("live", self.digests[run])
        for run in self.go:
            place, digest = found.get(run, ("", ""))
            assert place in (self.case.begins, self.case.ends), (place, run)
            assert digest in ("", self.digests[run])
        assert set(found) <= set(self.digests)

    def again(self) -> None:
        """The same command once more; what is done already need not be found."""
        code, said = said_by(self.words, self.data)
        assert code in (0, 1, 3) and "Traceback" not in said, said
        assert code != 1 or "already" in said, said

    def check_done(self) -> None:
        found = census(self.data)
        assert {run: place for run, (place, _) in found.items() if run in self.go} == (
            dict.fromkeys(self.go, self.case.ends) if self.case.ends else {}
        )
        assert not leftovers(self.data)
        if self.case.ends:
            brought_back(self.data)
            back = census(self.data)
            assert {run: digest for run, (_, digest) in back.items()} == self.digests
        else:
            assert {run: digest for run, (_, digest) in found.items()} == {r: self.digests[r] for r in self.others}
            assert not planted(self.data, self.go)


def tried(scene: Scene, few: int, fault: int = 0) -> None:
    count = 0
    for where, said in scene.each(few, fault):
        count += 1
        assert "Traceback" not in said, (where, said)
        try:
            in_a_child(lambda: scene.check_cut(read_only=True))
            in_a_child(scene.again)
            in_a_child(scene.check_done)
        except AssertionError as error:
            raise AssertionError(f"after {where}: {error}") from error
    print(f"\n{count} points by {MEANS}")  # noqa: T201 - how much was proved
    assert count >= min(few, 2)


@pytest.mark.parametrize("means", [MEANS])
@pytest.mark.parametrize("storage", ["file", "sqlite"])
@pytest.mark.parametrize("name", CASES)
@pytest.mark.heavy
@pytest.mark.timeout(7200)
def test_a_killed_verb_loses_nothing_and_goes_on_when_it_is_called_again(tmp_path, name, storage, means):
    tried(Scene(tmp_path, storage, CASES[name]), 5)


@pytest.mark.parametrize("means", [MEANS])
@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("storage", ["file", "sqlite"])
@pytest.mark.parametrize("name", FAULTY)
@pytest.mark.heavy
@pytest.mark.timeout(7200)
def test_a_verb_that_the_disk_refuses_says_so_and_goes_on_when_it_is_called_again(
    tmp_path, name, storage, fault, means
):
    tried(Scene(tmp_path, storage, CASES[name]), 2, fault)


@pytest.mark.parametrize("means", [MEANS])
def test_an_archiving_that_is_killed_loses_nothing(tmp_path, means):
    tried(Scene(tmp_path, "file", CASES["archive"]), 2)


def shown_whole(data: Path, digests: dict[str, str], *, read_only: bool) -> None:
    found = census(data, read_only=read_only)
    assert found == {run: ("live", digest) for run, digest in digests.items()}


@pytest.mark.heavy
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("means", [MEANS])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("storage", "to"), [("file", "sqlite:moved.db"), ("sqlite", "file:moved")])
def test_a_killed_migration_leaves_the_store_as_it_was_or_moved(tmp_path, storage, to, fault, means):
    base, data = tmp_path / "base", tmp_path / "try" / "data"
    data.parent.mkdir()
    digests = recorded(base, storage)
    words = ["migrate", "--to", to.replace(":", f":{data.parent}/")]
    few = 1 if fault != "killed" else 8 if storage == "file" else 4
    for where, said in struck(words, data, copied(base, data), few, FAULTS[fault]):
        assert "Traceback" not in said, (where, said)
        in_a_child(lambda: shown_whole(data, digests, read_only=True))
        in_a_child(lambda: goes_on(words, data))
        in_a_child(lambda: shown_whole(data, digests, read_only=False))
        assert "moved" in (data / "flightlog.yaml").read_text()


def goes_on(words: Sequence[str], data: Path) -> None:
    code, said = said_by(words, data)
    assert "Traceback" not in said and code == 0, said


@pytest.mark.heavy
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("means", [MEANS])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_killed_repair_loses_no_event_and_is_done_when_it_is_called_again(tmp_path, fault, means):
    base, data = tmp_path / "base", tmp_path / "try" / "data"
    data.parent.mkdir()
    digests = recorded(base, "file")
    journals = sorted((base / "runs").rglob("*[0-9a-z].jsonl"))
    for path in journals[:4:2]:
        lines = path.read_bytes().split(b"\n")
        path.write_bytes(b"\n".join([*lines[:2], b"no event at all", *lines[2:]]))
    shutil.rmtree(base / ".flightlog")
    few = 8 if fault == "killed" else 2
    for where, said in struck(["doctor", "--fix", "--yes"], data, copied(base, data), few, FAULTS[fault]):
        assert "Traceback" not in said, (where, said)
        in_a_child(lambda: shown_whole(data, digests, read_only=True))
        in_a_child(lambda: goes_on(["doctor", "--fix", "--yes"], data))
        in_a_child(lambda: shown_whole(data, digests, read_only=False))
        assert sum(b"no event at all" in path.read_bytes() for path in data.rglob("*.torn")) == 2


LOST = """
import os, signal, sys, flightlog
run = flightlog.open(sys.argv[1]).run("w", name="lost")
run.log("before the end")
print(run.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.heavy
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("means", [MEANS])
def test_a_killed_repair_of_a_database_and_its_spool_loses_nothing_and_is_done_when_called_again(tmp_path, means):
    base, data = tmp_path / "base", tmp_path / "try" / "data"
    data.parent.mkdir()
    digests = recorded(base, "sqlite")
    lost = subprocess.run([sys.executable, "-c", LOST, str(base)], capture_output=True, text=True).stdout.strip()
    orphan = f"{new_ulid()}.states.jsonl"
    (base / "spool" / orphan).write_bytes(b"{}\n")
    for where, said in struck(["doctor", "--fix", "--yes"], data, copied(base, data), 4):
        assert "Traceback" not in said, (where, said)
        in_a_child(lambda: repaired(data, digests, lost, {"lost", "failed"}))
        in_a_child(lambda: goes_on(["doctor", "--fix", "--yes"], data))
        in_a_child(lambda: repaired(data, digests, lost, {"failed"}))
        assert [path.parent.name for path in data.rglob(orphan)] == ["quarantine"]


def repaired(data: Path, digests: dict[str, str], lost: str, statuses: set[str]) -> None:
    with flightlog.open(data) as store:
        assert {run: digest(store, run) for run in digests} == digests
        assert store.runs.get(lost).status in statuses
        assert next(entry.message for entry in store.logs.query(lost)) == "before the end"
