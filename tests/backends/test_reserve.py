"""The room that is kept for a full disk: how much, how it is given up, and what is done where it does not suffice."""

import errno
import os
from itertools import pairwise
from types import SimpleNamespace

import flightlog
import pytest
from flightlog.backends.journal import disk
from flightlog.backends.operations.reserve import LEAST, MOST, STEP, Reserve, is_full
from flightlog.backends.sql import trash
from flightlog.core.errors import Full, StorageError
from flightlog.core.operations import Chosen, new_order

PORTION = 32 << 10


@pytest.fixture
def reserve(tmp_path):
    return Reserve(tmp_path / "reserve", tmp_path / "some.db")


def database_of(reserve, size: int) -> None:
    reserve._database.touch()
    os.truncate(reserve._database, size)


def filled(reserve) -> int:
    """Its bytes once it grows no more."""
    before = -1
    while (now := reserve.path.stat().st_size if reserve.path.exists() else 0) != before:
        before = now
        reserve.fill()
    return now


@pytest.mark.parametrize(
    ("size", "kept"),
    [(0, LEAST), (1 << 20, LEAST), (6 << 20, 768 << 10), (9 << 20, STEP), (32 << 20, STEP), (64 << 20, 2 << 20)],
)
def test_it_grows_with_the_store(reserve, size, kept):
    database_of(reserve, size)
    assert filled(reserve) == kept


def test_a_great_store_does_not_wait_for_it_and_it_has_an_end(reserve):
    database_of(reserve, 100 << 30)
    reserve.fill()
    assert reserve.path.stat().st_size == STEP
    assert reserve._meant() == MOST


def test_it_shrinks_after_its_store(reserve):
    database_of(reserve, 128 << 20)
    assert filled(reserve) == 4 << 20
    database_of(reserve, 1 << 20)
    assert filled(reserve) == LEAST


def test_it_is_given_up_in_parts_and_in_the_end_all_of_it(reserve):
    database_of(reserve, 1 << 20)
    left, gave = [filled(reserve)], 0
    while reserve.give_up():
        gave += 1
        left.append(reserve.path.stat().st_size)
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    assert left[0] - left[1] == LEAST // 4
    assert all(before - after >= min(PORTION, before) for before, after in pairwise(left))
    assert gave < 12


def test_of_a_small_disk_it_takes_a_part(reserve, monkeypatch):
    database_of(reserve, 1 << 20)
    monkeypatch.setattr(os, "fstatvfs", lambda fd: SimpleNamespace(f_bavail=512, f_frsize=4096))
    reserve.fill()
    assert reserve.path.stat().st_size == 4 * PORTION
    monkeypatch.setattr(os, "fstatvfs", lambda fd: SimpleNamespace(f_bavail=0, f_frsize=4096))
    reserve.fill()
    assert reserve.path.stat().st_size == 4 * PORTION  # a full disk is what it is kept for


def test_work_goes_on_with_what_is_given_up_and_fails_with_its_own_error_when_there_is_none(reserve):
    database_of(reserve, 1 << 20)
    filled(reserve)
    tried = []

    def work() -> str:
        tried.append(reserve.path.stat().st_size)
        if len(tried) < 3:
            raise OSError(errno.ENOSPC, "no room")
        return "done"

    assert reserve.within(work) == "done"
    assert tried == sorted(tried, reverse=True)

    def never() -> None:
        raise OSError(errno.ENOSPC, "no room")

    with pytest.raises(OSError, match="no room") as error:
        reserve.within(never)
    assert is_full(error.value)
    assert reserve.path.stat().st_size == 0


def test_that_it_is_given_up_is_said_once_and_again_when_there_was_room_between(reserve, caplog):
    database_of(reserve, 1 << 20)
    for times in (1, 2):
        filled(reserve)
        beside = Reserve(reserve.path, reserve._database)  # which who opens the database gives up, too
        while reserve.give_up():
            beside.give_up()
        assert [str(reserve.path) in record.getMessage() for record in caplog.records] == [True] * times


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_known_by_the_kind_of_an_error_and_not_by_its_words(tmp_path, number):
    refused = disk.storage_error(OSError(number, "as the system says it"), tmp_path, "writing")
    assert is_full(refused) and is_full(disk.short_write(3, 9, tmp_path)) and is_full(Full("in other words"))
    assert not is_full(StorageError("no room is given to runs of this name"))
    assert not is_full(disk.storage_error(OSError(errno.EIO, "the disk is full of dust"), tmp_path, "writing"))


def test_a_purge_whose_steps_do_not_fit_goes_on_in_smaller_ones(tmp_path, monkeypatch):
    with flightlog.open(tmp_path, storage="sqlite") as store:
        with store.run("triage") as run:
            for n in range(40):
                run.log(f"{n}" * 4000)
        list(store.upkeep.trash(new_order(), [Chosen(run=run.id, rule="by hand")]))
        steps, real = [], trash.remove_some

        def removes(connection, run, room):
            if room > 70_000:
                raise Full("the disk is full", where=str(tmp_path))
            steps.append(room)
            return real(connection, run, room)

        monkeypatch.setattr(trash, "remove_some", removes)
        assert [one.outcome for one in store.upkeep.purge(new_order())] == ["done"]
        assert len(steps) > 1
        assert set(steps) == {trash.PURGED_BYTES // 16}
        assert not store.upkeep.trashed().items
