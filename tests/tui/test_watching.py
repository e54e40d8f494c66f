"""Runs that a person wants to be told of: each thing once, wherever they are, and never more than they asked for."""

import msgspec
import pytest
from flightlog.core.budgets import Standing, budget_of
from flightlog.core.clock import from_seconds, now_s
from flightlog.core.costs import NANO, Money
from flightlog.tui.app import FlightlogApp
from flightlog.tui.live.watching import news_of, osc9
from flightlog.tui.personal.person import Person
from flightlog.tui.personal.remembered import Remembered
from flightlog.tui.personal.settings import PersonalSettings
from little_store import Feed, Runs, make_run, make_store, run_id
from seeing import shows, text_of, until

NASTY = "\x1b]0;owned\x07[/INST] [@click=app.quit]x[/] \u202eevil\u202c\nline\x9c\x1b\\ 4;1;50"


def live_run(n, **facts):
    now = from_seconds(now_s())
    return make_run(n, **{"status": "running", "started": now, "finished": None, "last_event": now, **facts})


class Watched:
    """A browser on three runs, what it told, and what its terminal was asked for."""

    def __init__(self, monkeypatch, person=None, made=3):
        self.runs, self.feed, self.asked = Runs([live_run(n) for n in range(made)]), Feed(), []
        self.app = FlightlogApp(lambda: make_store(self.runs, self.feed), who=(lambda: person) if person else None)
        monkeypatch.setattr(self.app, "bell", lambda: self.asked.append("bell"))

    @property
    def told(self):
        return [note.message for note in self.app._notifications if "watched" not in note.message]

    async def ready(self, pilot):
        await until(pilot, lambda: self.app.pulse.beat is not None)
        write = self.app._driver.write
        self.app._driver.write = lambda text: (self.asked.append(text) if "]9;" in text else None, write(text))[1]

    async def becomes(self, pilot, n, **facts):
        """A run stands differently; waits until the program has seen it."""
        seen = self.app.pulse.loader.loads
        self.runs.put(msgspec.structs.replace(self.runs.by_id[run_id(n)], **facts))
        self.feed.note(run_id(n))
        await until(pilot, lambda: self.app.pulse.loader.loads > seen and not self.app.pulse.loader.busy)
        await pilot.pause()


async def test_each_thing_is_told_once_and_also_while_another_place_is_in_front(monkeypatch):
    it = Watched(monkeypatch)
    async with it.app.run_test(size=(120, 36)) as pilot:
        await it.ready(pilot)
        await pilot.press("w", "j")
        assert it.app.pulse.watching.ids == {run_id(2)}
        await shows(pilot, "◎●")
        await pilot.press("w", "w")  # on, and off again
        assert it.app.pulse.watching.ids == {run_id(2)}
        await pilot.press("L")
        await shows(pilot, "Live")
        await it.becomes(pilot, 1, status="failed", error="not watched")
        await it.becomes(pilot, 2, last_seq=7)
        assert it.told == []
        await it.becomes(pilot, 2, status="waiting", evidence="Ship it?", approvals=1)
        await it.becomes(pilot, 2, last_seq=8)
        assert len(it.told) == 1 and "waits for an answer: Ship it?" in it.told[0]
        await it.becomes(pilot, 2, evidence="And that?", approvals=2)
        await it.becomes(pilot, 2, status="running")
        await it.becomes(pilot, 2, status="lost", evidence="pid 4312 is gone")
        await it.becomes(pilot, 2, status="failed", error="RateLimitError: slow down")
        await it.becomes(pilot, 2, notes=1)
        assert [words.split(": ", 1)[1] for words in it.told] == [
            "Ship it?", "And that?", "pid 4312 is gone", "RateLimitError: slow down",
        ]  # fmt: skip
        assert it.app.pulse.watching.ids == frozenset()
        assert it.asked == []  # neither bell nor notice, for nobody asked for them
        await pilot.press("escape")
        await shows(pilot, "2 Workflows")
        assert "◎" not in text_of(it.app.screen)
        await pilot.press("g", "w")
        assert it.app.pulse.watching.ids == frozenset()
        assert any("is over" in note.message for note in it.app._notifications)


@pytest.mark.parametrize("bell", [False, True])
async def test_bell_and_notice_come_only_as_the_settings_say(monkeypatch, bell):
    monkeypatch.delenv("TMUX", raising=False)
    it = Watched(monkeypatch, Person(PersonalSettings(bell=bell, notify="" if bell else "osc9")))
    async with it.app.run_test(size=(80, 24)) as pilot:
        await it.ready(pilot)
        await pilot.press("w")
        await it.becomes(pilot, 2, status="failed", error=NASTY, name=NASTY, workflow=NASTY)
        assert len(it.told) == 1 and it.told[0].isprintable()
        (asked,) = it.asked
        if bell:
            assert asked == "bell"
        else:
            assert asked.startswith("\x1b]9;flightlog: ") and asked.endswith("\x1b\\")
            assert asked[4:-2].isprintable() and len(asked) < 200


async def test_what_is_watched_is_remembered_and_what_ended_meanwhile_is_told(monkeypatch):
    person = Person(remembered=Remembered(watched=(run_id(0), run_id(1), run_id(999))))
    it = Watched(monkeypatch, person)
    it.runs.put(make_run(0, status="completed"))
    async with it.app.run_test(size=(80, 24)) as pilot:
        await it.ready(pilot)
        await until(pilot, lambda: it.told)
        assert len(it.told) == 1 and "completed" in it.told[0]
        await until(pilot, lambda: person.remembered.watched == (run_id(1), run_id(999)))
        it.runs.drop(run_id(1))
        it.feed.note(removed=(run_id(1),))
        await until(pilot, lambda: person.remembered.watched == (run_id(999),))
        assert len(it.told) == 1


async def test_budgets_are_told_when_they_come_to_their_mark_and_to_their_end(monkeypatch):
    it = Watched(monkeypatch)

    def stands(percent, since="2026-11-20"):
        return Standing(budget=budget_of("", "day", 20), since=since, spent_nanousd=percent * NANO // 5)

    async with it.app.run_test(size=(80, 24)) as pilot:
        await it.ready(pilot)
        watching = it.app.pulse.watching
        for percent in (50, 79, 80, 85, 100, 140):
            watching.look_at_budgets([stands(percent)])
        watching.look_at_budgets([stands(10, "2026-11-21")])
        watching.look_at_budgets([stands(81, "2026-11-21")])
        await until(pilot, lambda: len(it.told) == 3)
        assert ["80%" in it.told[0], "is spent" in it.told[1], "81%" in it.told[2]] == [True] * 3
        assert "$16.00 of $20.00 a day, all runs" in it.told[0]


def test_what_there_was_before_anybody_looked_is_no_news(monkeypatch):
    it = Watched(monkeypatch)
    it.app.pulse.watching.look_at_budgets(
        [Standing(budget=budget_of("", "day", 1), since="2026-11-20", spent_nanousd=NANO)]
    )
    assert it.told == []
    assert news_of(live_run(0)) is None
    done = msgspec.structs.replace(live_run(0), status="completed", money=Money(unknown=3))
    assert news_of(done).text.endswith("completed, no price known")


def test_a_notice_cannot_be_ended_or_taken_for_an_order():
    assert osc9("4;1;50") == "\x1b]9;flightlog: 4;1;50\x1b\\"
    plain = osc9(NASTY)
    assert plain.count("\x1b") == 2 and "\x07" not in plain and "\x9c" not in plain and "\u202e" not in plain
    assert osc9("done", in_tmux=True) == "\x1bPtmux;\x1b\x1b]9;flightlog: done\x1b\x1b\\\x1b\\"
