"""Archives and folders that somebody has damaged, forged, replaced by links or taken the rights of: each verb that
cleans up says so in one sentence, nothing else is lost by it, and nothing outside of the data directory is touched."""

import hashlib
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flightlog
import pytest
from crafted_archives import bomb, member, remade
from strace_points import said_by
from verb_scene import census, digest, recorded

YES = "--yes"


def tree(folder: Path) -> str:
    """Digest of all that is in a folder: names, kinds, modes, owners and bytes."""
    found = hashlib.sha256()
    for path in sorted([folder, *folder.rglob("*")]):
        here = path.lstat()
        told = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found.update(repr((str(path), here.st_mode, here.st_uid, here.st_nlink, told)).encode())
    return found.hexdigest()


class Place:
    """A store with an archived run, one in the trash and two that are live, and a folder outside of it."""

    def __init__(self, folder: Path, storage: str) -> None:
        self.data, self.outside, self.storage = folder / "data", folder / "outside", storage
        self.outside.mkdir()
        (self.outside / "canary").write_bytes(b"not yours")
        self.digests = recorded(self.data, storage)
        self.archived, self.trashed, *self.live = self.digests
        assert self.call("archive", self.archived, YES)[0] == 0
        assert self.call("rm", self.trashed, YES)[0] == 0

    def call(self, *words: str) -> tuple[int, str]:
        """Exit code, and what was said."""
        return said_by(words, self.data)

    def refused(self, *words: str, codes: tuple[int, ...] = (0, 1, 2, 3)) -> str:
        """What a verb says that must come to an orderly end."""
        code, said = self.call(*words)
        assert code in codes and "Traceback" not in said, (words, code, said)
        if code in (1, 2):
            assert sum(line.startswith("flightlog: ") for line in said.splitlines()) == 1, (words, said)
        return said

    @property
    def archive(self) -> Path:
        return next((self.data / "archive").rglob("*.flz"))


# --- archives ----------------------------------------------------------------------------------------


def flipped(path: Path, outside: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 4
    path.write_bytes(whole)


def linked_away(path: Path, outside: Path) -> None:
    path.rename(outside / "taken")
    path.symlink_to(outside / "taken")


def of_another_run(path: Path, outside: Path) -> None:
    path.write_bytes(remade(path.read_bytes(), change={"run": "01k9zzzzzz0000000000000000"}))


def a_folder(path: Path, outside: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "x").touch()


def a_pipe(path: Path, outside: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def rewritten(make: Callable[[bytes], bytes]) -> Callable[[Path, Path], None]:
    return lambda path, outside: path.write_bytes(make(path.read_bytes())) and None


DAMAGES: dict[str, Callable[[Path, Path], None]] = {
    "flipped": flipped,
    "empty": rewritten(lambda whole: b""),
    "cut off": rewritten(lambda whole: whole[: len(whole) * 2 // 3]),
    "without its last byte": rewritten(lambda whole: whole[:-1]),
    "random": rewritten(lambda whole: os.urandom(len(whole))),
    "a bomb of a megabyte": rewritten(lambda whole: bomb(whole, 1 << 20)),
    "a bomb of a gigabyte": rewritten(lambda whole: bomb(whole, 1 << 30)),
    "escaping by a member": rewritten(
        lambda whole: remade(whole, change={"members": [member("../../outside/canary")]})
    ),
    "escaping by a run": rewritten(lambda whole: remade(whole, change={"run": "../../outside/canary"})),
    "of another run": of_another_run,
    "of a newer format": rewritten(lambda whole: remade(whole, form=9)),
    "a link to outside": linked_away,
    "a folder": a_folder,
    "a pipe": a_pipe,
    "gone": lambda path, outside: path.unlink(),
}


@contextmanager
def in_little_memory() -> Iterator[None]:
    """No more than a quarter of a GB above what this process holds."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * 4096 if Path("/proc/self/statm").exists() else 0
    before = resource.getrlimit(resource.RLIMIT_AS)
    if held:
        resource.setrlimit(resource.RLIMIT_AS, (held + (256 << 20), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


FEW = ("a bomb of a gigabyte", "of a newer format")


@pytest.mark.parametrize("damage", FEW)
def test_a_bad_archive_is_told_of_and_touches_nothing(tmp_path, damage):
    touches_nothing(Place(tmp_path, "file"), damage)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("storage", "damage"),
    [("file", damage) for damage in DAMAGES if damage not in FEW] + [("sqlite", damage) for damage in DAMAGES],
)
def test_any_bad_archive_is_told_of_and_touches_nothing(tmp_path, storage, damage):
    touches_nothing(Place(tmp_path, storage), damage)


def touches_nothing(place: Place, damage: str) -> None:
    path = place.archive
    DAMAGES[damage](path, place.outside)
    outside = tree(place.outside)
    run = place.archived
    with in_little_memory():
        for words in (("show", run), ("logs", run), ("events", run), ("ls", "--all"), ("doctor",)):
            place.refused(*words)
        if damage != "gone" or place.storage != "file":  # then the run is not there
            assert run in place.refused("archive", "verify", codes=(3,))
            said = place.refused("restore", run, YES, codes=(1, 3))
            assert "0 runs restored" in said or said.count("\n") == 1, said
        for words in (("doctor", "--fix", YES), ("ls", "--all"), ("archive", place.live[0], YES)):
            place.refused(*words)
        assert place.call("restore", place.live[0], YES)[0] == 0
    assert not list((place.data).rglob("*.part"))
    assert tree(place.outside) == outside
    live = {one: census_of(place, one) for one in place.live}
    assert live == {one: place.digests[one] for one in place.live}
    place.refused("rm", run, YES)
    place.refused("trash", "empty", YES)
    assert tree(place.outside) == outside
    assert {one: census_of(place, one) for one in place.live} == live


def census_of(place: Place, run: str) -> str:
    with flightlog.open(place.data) as store:
        return digest(store, run)


# --- links in the data directory -----------------------------------------------------------------------

LINKS = {
    "file": ("archive", "trash", "runs", "archive/*", "trash/*", "runs/*", "audit.jsonl", "annotations.jsonl"),
    "sqlite": ("archive", "archive/*", "spool"),
}
VERBS = (
    ("rm", "LIVE", YES),
    ("archive", "OTHER", YES),
    ("restore", "ARCHIVED", YES),
    ("undo", YES),
    ("rm", "ARCHIVED", YES),
    ("trash", "empty", YES),
    ("doctor", "--fix", YES),
    ("ls", "--all"),
    ("trash", "ls"),
)


ALL_LINKS = [(storage, name, full) for storage, names in LINKS.items() for name in names for full in (True, False)]
FEW_LINKS = [("file", "archive", True), ("file", "trash", True)]


@pytest.mark.parametrize(("storage", "name", "full"), FEW_LINKS)
def test_a_folder_that_is_a_link_leads_nowhere(tmp_path, storage, name, full):
    leads_nowhere(Place(tmp_path, storage), name, full)


@pytest.mark.heavy
@pytest.mark.parametrize(("storage", "name", "full"), [one for one in ALL_LINKS if one not in FEW_LINKS])
def test_whatever_is_a_link_leads_nowhere(tmp_path, storage, name, full):
    leads_nowhere(Place(tmp_path, storage), name, full)


def leads_nowhere(place: Place, name: str, full: bool) -> None:
    path = next(place.data.glob(name), None)
    if path is None:
        path = place.data / name
        path.mkdir()
    elsewhere = place.outside / "elsewhere"
    if full or path.is_file():
        shutil.move(path, elsewhere)
    else:
        shutil.rmtree(path)
        elsewhere.mkdir()
    path.symlink_to(elsewhere)
    before = tree(place.outside)
    names = {"LIVE": place.live[0], "OTHER": place.live[1], "ARCHIVED": place.archived}
    for words in VERBS:
        place.refused(*(names.get(word, word) for word in words))
        assert tree(place.outside) == before, words
    path.unlink()
    if full or elsewhere.is_file():
        shutil.move(elsewhere, path)
        place.refused("doctor", "--fix", YES)
        assert census(place.data)[place.live[1]][1] == place.digests[place.live[1]]
