"""A browser that is left open for days holds what is on screen and what runs, and nothing of all that came and went."""

import gc
import types
from collections import Counter, deque

import pytest
from flightlog.core import clock
from flightlog.core.clock import from_seconds
from flightlog.core.costs import Money
from flightlog.tui.live import pulse
from flightlog.tui.runs import unseen
from flightlog.tui.screens.help import Help
from flightlog.tui.screens.runs import RunsScreen
from little_store import Feed, Runs, make_run, run_id
from seeing import loaded, until

CHANGES, ROUNDS = 1000, 5
SPARE = 100
"""What is on screen, or under way, is not the same at two moments; what is kept of each change would be hundreds."""

_ENDS = ("failed", "lost", "completed", "cancelled")
_PLAIN = (str, bytes, int, float, type(None), type, types.FunctionType, types.MethodType)


def entries(of: object) -> Counter[str]:
    """How many entries the containers hold that objects of ours lead to, by the way to them."""
    found, seen, ways = Counter(), set(), [("app", of)]
    while ways:
        way, one = ways.pop()
        if isinstance(one, (*_PLAIN, Runs, Feed)) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, dict | list | set | frozenset | tuple | deque):
            found[way] += len(one)
            ways += [(f"{way}[]", part) for part in (one.values() if isinstance(one, dict) else one)]
        elif type(one).__module__.startswith("flightlog."):
            ways += [(f"{way}.{name}", part) for name, part in getattr(one, "__dict__", {}).items()]
    return found


def kinds() -> Counter[str]:
    """How many objects there are of ours and of what draws them, by their type."""
    gc.collect()
    every = Counter(f"{type(one).__module__}.{type(one).__name__}" for one in gc.get_objects())
    return Counter({name: count for name, count in every.items() if name.startswith(("flightlog.", "textual."))})


class Days:
    """A store in which runs begin and end, and a person who looks at it: each time some hours pass."""

    def __init__(self, pilot, runs, feed, monkeypatch) -> None:
        self._pilot, self._app, self._runs, self._feed = pilot, pilot.app, runs, feed
        self._number, self._ahead, self._now = len(runs.by_id), 0.0, clock.now_s
        monkeypatch.setattr(clock, "now_s", lambda: self._now() + self._ahead)
        monkeypatch.setattr(pulse, "_TIDY", 0.0)
        monkeypatch.setattr(unseen, "MOST", 20)
        self._app.pulse.loader._every = self._app.pulse.loader._rest = 0.0

    async def _seen(self) -> None:
        app, cursor = self._app, self._feed.cursor()
        await until(
            self._pilot,
            lambda: app.pulse.beat is not None and app.pulse.beat.cursor >= cursor and not app.pulse.loader.busy,
        )
        await until(self._pilot, lambda: not app.home.run_list.behind and not app.home.loader.busy)

    def _change(self, n: int) -> None:
        began, now = from_seconds(clock.now_s() - 1), from_seconds(clock.now_s())
        status = "running" if n % 2 else _ENDS[n // 2 % len(_ENDS)]
        ended = None if status == "running" else now
        facts = {"status": status, "money": Money(recorded_nanousd=n + 1, recorded=1), "last_seq": 2 - n % 2}
        self._runs.put(make_run(n - n % 2, started=began, finished=ended, last_event=now, **facts))
        self._feed.note(run_id(n - n % 2))

    async def pass_by(self) -> None:
        """A thousand changes, of half as many runs that begin and end; keys; and a screen that is opened and left."""
        for _ in range(ROUNDS):
            # First all begin, then they end: half of each are seen in between.
            for half in (1, 0):
                for n in range(self._number, self._number + CHANGES // ROUNDS):
                    if n % 2 == half:
                        self._change(n)
                await self._pilot.press("j", "k")
                await self._seen()
            self._number += CHANGES // ROUNDS
            await self._pilot.press("question_mark")
            await until(self._pilot, lambda: isinstance(self._app.screen, Help))
            await self._pilot.press("escape")
            await until(self._pilot, lambda: isinstance(self._app.screen, RunsScreen))
        self._ahead += 7200.0
        self._change(0)
        await self._seen()
        await self._pilot.pause()


@pytest.mark.heavy
async def test_a_thousand_changes_more_leave_nothing_more_in_memory(app, runs, feed, monkeypatch):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        days = Days(pilot, runs, feed, monkeypatch)
        await days.pass_by()
        before = entries(app), kinds()
        await days.pass_by()
        after = entries(app), kinds()
    for then, now in zip(before, after, strict=True):
        assert {what: (then[what], count) for what, count in now.items() if count > then[what] + SPARE} == {}
