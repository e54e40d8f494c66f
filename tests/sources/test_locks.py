"""Who holds a lock is seen without taking one."""

import os
from types import SimpleNamespace

import pytest
from flightlog.backends.sources import locks
from flightlog.backends.sources.locks import holders
from lock_holder import lock_holder


def test_a_lock_is_held_until_its_process_is_gone(tmp_path):
    place = tmp_path / "a.lock"
    place.touch()
    (tmp_path / "b.lock").touch()
    assert holders(place) == set()
    with lock_holder(place) as holder:
        assert holders(place) == {str(holder.pid)}
        assert holders(tmp_path / "b.lock") == set()
    assert holders(place) == set()


def test_where_nothing_is_there_or_the_system_does_not_tell_that_is_said(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        holders(tmp_path / "a.lock")
    monkeypatch.setattr(locks, "_LOCKS", tmp_path / "none")
    assert holders(tmp_path) is None


@pytest.mark.parametrize(
    ("device", "listed", "held"),
    [
        (os.makedev(0xFD, 1), "fd:01:77", True),
        (os.makedev(0xFD, 1), "fd:02:77", False),
        (os.makedev(0xFD, 1), "fd:01:78", False),
        (os.makedev(0, 0x2A), "00:1f:77", True),  # btrfs tells `stat` of its subvolume
        (os.makedev(0, 0x2A), "fd:01:77", False),
        (os.makedev(0xFD, 1), "00:1f:77", False),
    ],
)
def test_a_file_is_known_by_device_and_number(tmp_path, monkeypatch, device, listed, held):
    (tmp_path / "locks").write_text(f"1: FLOCK  ADVISORY  WRITE 4242 {listed} 0 EOF\n\n")
    monkeypatch.setattr(locks, "_LOCKS", tmp_path / "locks")
    stat = SimpleNamespace(st_dev=device, st_ino=77)
    monkeypatch.setattr(locks, "os", SimpleNamespace(stat=lambda path: stat, major=os.major, minor=os.minor))
    assert holders(tmp_path) == ({"4242"} if held else set())
