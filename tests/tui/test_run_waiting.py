import time

from flightlog.core.errors import StorageError
from flightlog.core.feed import Changes
from flightlog.core.query.query import parse
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.runs.run_list import RunList
from flightlog.tui.runs.unseen import MOST, Unseen
from flightlog.tui.runs.waiting import SLOW, Waiting


def said(waiting, found):
    return "\n".join("".join(text for text, _ in line) for line in waiting.lines(found, None, UNICODE))


def test_keys_wait_for_the_list_and_for_the_line_that_is_to_be_opened_in_it():
    waiting = Waiting("data")
    first = waiting.opening
    waiting.begin()
    assert waiting.opening is first and not first.is_set()  # who waits already goes on waiting
    waiting.wish()
    wished = waiting.opening
    assert waiting.wished and wished is not first
    waiting.end()
    assert first.is_set() and waiting.opening is wished
    waiting.give_up()
    assert wished.is_set() and waiting.opening is None and not waiting.wished
    waiting.begin()
    assert waiting.opening is not first


def test_what_is_said_while_there_are_no_runs(monkeypatch):
    waiting, found = Waiting("data"), RunList()
    assert said(waiting, found) == ""  # it may come before anybody asks
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + SLOW + 1)
    assert "opening data" in said(waiting, found)
    waiting.fail(StorageError("the disk is gone"))
    assert "the disk is gone" in said(waiting, found) and waiting.opening is None
    waiting.error = None
    monkeypatch.setattr(RunList, "ready", True)
    monkeypatch.setattr(RunList, "lines", 0)
    found.set_query(parse("status:failed"))
    assert "status:failed" in said(waiting, found)
    monkeypatch.setattr(RunList, "lines", 1)
    assert waiting.lines(found, None, UNICODE) == []


def test_a_change_of_a_run_that_is_known_to_be_elsewhere_touches_nothing():
    unseen, index = Unseen(), {"held": 0}.get

    def touched(*changed, removed=()):
        return unseen.touched(["held"])(Changes(cursor=2, changed=changed, removed=tuple(removed)))

    assert touched("far")
    unseen.note(Changes(cursor=1, changed=("far", "held"), removed=("gone",)), index)
    assert not touched("far") and not touched("far", removed=["gone"])
    assert touched("held") and touched("far", "new") and touched(removed=["far"])
    unseen.note(Changes(cursor=2, changed=("gone",), removed=("far",)), index)
    assert touched("far") and touched(removed=["gone"]) and not touched("gone", removed=["far"])
    unseen.note(Changes(cursor=3, changed=tuple(map(str, range(MOST + 1)))), index)
    unseen.note(Changes(cursor=4), index)
    assert touched("gone")
