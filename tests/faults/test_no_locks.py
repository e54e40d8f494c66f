"""A file system that gives no locks (NFS without its lock daemon): what is there is shown, each change refused."""

import errno
import fcntl
import os
from pathlib import Path

import flightlog
import pytest
from clean_up_scene import YES, Place
from flightlog.core.errors import StorageError
from strace_points import in_a_child
from verb_scene import census

LOCKING = {getattr(fcntl, name) for name in dir(fcntl) if name.startswith(("F_SETLK", "F_OFD_SETLK"))}


def without_locks() -> None:
    """From now on this process gets none anywhere."""
    real = fcntl.fcntl

    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    fcntl.flock = fcntl.lockf = refused
    fcntl.fcntl = lambda fd, what, *rest: refused() if what in LOCKING else real(fd, what, *rest)


def journals(data: Path) -> set[str]:
    return {path.name for path in data.rglob("*.jsonl") if path.stat().st_size == 0 and "states" not in path.name}


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_without_locks_it_is_read_and_every_change_is_refused_in_one_sentence(tmp_path, storage):
    place = Place(tmp_path, storage)
    archived, (run, other) = place.archived, place.live
    verbs = (
        ("note", run, "words"),
        ("archive", run, YES),
        ("rm", run, YES),
        ("restore", archived, YES),
        ("undo", YES),
        ("compact", YES),
        ("migrate", "--to", f"file:{tmp_path / 'there'}"),
        ("backup", f"sqlite:{tmp_path / 'copy' / 'flightlog.db'}"),
    )

    def tried() -> None:
        without_locks()
        for words in (("ls", "--all"), ("ls", "--all", "--read-only")):
            code, told = place.call(*words)
            assert code == 0 and all(id in told for id in (run, other, archived)), told
        for words in verbs:
            code, told = place.call(*words)
            assert code == 1 and "Traceback" not in told and "no locks are to be had" in told, (words, told)
        with flightlog.open(place.data) as store:
            for records in (lambda: store.run("w"), lambda: store.resume(run)):
                with pytest.raises(StorageError):
                    records()

    in_a_child(tried)
    found = census(place.data)
    assert found.keys() == place.digests.keys()
    assert not {name for name in journals(place.data) if name not in ("audit.jsonl", "annotations.jsonl")}
