"""Archives and folders that somebody has damaged, forged, replaced by links or taken the rights of: each verb that
cleans up says so in one sentence, nothing else is lost by it, and nothing outside of the data directory is touched."""

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flightlog
import pytest
from clean_up_scene import YES, Place, tree
from crafted_archives import bomb, member, remade
from verb_scene import census, digest

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
