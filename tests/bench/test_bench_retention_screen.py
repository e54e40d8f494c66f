"""Place 5 of the browser: from a key in the policy to the plan of all runs on screen."""

import asyncio
import gc
import time
from datetime import datetime
from statistics import median
from typing import NamedTuple

import flightlog
import pytest
from flightlog.core.retention.plan import plan
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.retention import RetentionScreen
from measure import say, seconds, told
from million import write_million
from seeing import text_of

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]

POLICY = """\
retention:
  - match: "status:completed"
    keep: {last: 50, within: 14d, daily: 30}
    then: archive
  - match: "status:failed"
    keep: {within: 90d}
    then: archive
max_size: 5GB
"""
LAST = (2, 18)
"""Behind the 50."""


async def painted(app: FlightlogApp, condition) -> float:
    """Seconds until a frame was painted after which it holds."""
    began, frame = time.perf_counter(), asyncio.Event()
    app.post_display_hook = frame.set
    while not condition():
        frame.clear()
        async with asyncio.timeout(60):
            await frame.wait()
    return time.perf_counter() - began


def shows_lines(screen) -> bool:
    """Whether the place is there, with its plan."""
    return isinstance(screen, RetentionScreen) and screen.plan is not None and screen.plan.list.count() > 0


def bare(tab) -> float:
    """Seconds that the plan alone takes here, as often as the machine lets it."""
    policy = tab.made.found.policy
    return seconds(lambda: plan(tab.live.catalogue(policy), policy, datetime.now().astimezone()))


class Took(NamedTuple):
    """What was waited for, in seconds."""

    keys: list[float]
    """From each key to its plan."""
    plans: list[float]
    """Plans alone, in turn with them."""
    stands: float
    """From the place's key to the policy and the totals, at first."""
    answers: float
    """The slowest of the keys that were typed from then on, until the plan was there."""
    first: float
    """From the place's key to the plan, at first."""
    again: float
    """The same once all runs are read."""


def stands(screen) -> bool:
    """Whether the place tells what there is, and takes keys."""
    shown = text_of(screen) if isinstance(screen, RetentionScreen) else ""
    return "keep: {last: 50" in shown and "00 runs" in shown and "looking at all runs" in shown


async def until_planned(app) -> float:
    """Types as long as the runs are read; the longest that a key waited to be seen."""
    worst = 0.0
    while not shows_lines(app.screen):
        tab, name = app.screen.tab, "archive" if app.screen.tab == "plan" else "plan"
        app.simulate_key(f"{'right' if tab == 'plan' else 'left'}_square_bracket")
        worst = max(worst, await painted(app, lambda name=name: app.screen.tab == name))
        await asyncio.sleep(0.05)
    return worst


async def keys_and_opening(folder) -> Took:
    """Opens the place, types in it, leaves it and opens it again."""
    (folder / "flightlog.yaml").write_text(POLICY)
    gc.collect()
    gc.disable()  # as the program begins (`cli/browse`); it is turned on again when all its modules are read
    app = FlightlogApp(lambda: flightlog.open(folder))
    keys: list[float] = []
    plans: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await painted(app, lambda: app.store is not None and app.home.run_list.ready)
        app.simulate_key("5")
        began = time.perf_counter()
        seen = await painted(app, lambda: stands(app.screen) or shows_lines(app.screen))
        answers = await until_planned(app)
        first = time.perf_counter() - began
        tab = app.screen.plan
        if app.screen.tab != "plan":
            app.simulate_key("left_square_bracket")
        await pilot.pause(1.0)
        tab.editor.focus()
        tab.editor.move_cursor(LAST)
        for number in range(12):
            before = tab.made.plan
            app.simulate_key("backspace" if number % 2 else "5")
            keys.append(await painted(app, lambda before=before: tab.made.plan is not before))
            plans.append(bare(tab))
        app.simulate_key("escape")
        app.simulate_key("1")
        await painted(app, lambda: app.screen is app.home)
        await pilot.pause(1.0)
        app.simulate_key("5")
        again = await painted(app, lambda: app.screen is tab.screen)
    app.close()
    gc.unfreeze()
    return Took(keys, plans, seen, answers, first, again)


@pytest.mark.parametrize("runs", [10_000, 100_000])
async def test_keys_to_plan(bench_data, runs):
    folder = bench_data(f"retention-{runs}", lambda path: write_million(path / "flightlog.db", runs))
    took = await keys_and_opening(folder)
    keys, plans = took.keys, took.plans
    one = median(keys)
    detail = f"{told(one)} / {told(median(plans))}, worst {told(max(keys))}"
    say(0, f"{runs:,} runs: key in the policy -> painted, to the plan alone", one / median(plans), 3, detail)
    if runs == 10_000:
        say(0, f"{runs:,} runs: key in the policy -> plan painted", one * 1e3, 100, "", "ms")
    say(0, f"{runs:,} runs: place opened -> policy and totals painted", took.stands * 1e3, 100, "", "ms")
    read = f"all runs read and planned: {told(took.first)}"
    say(0, f"{runs:,} runs: key while they are read -> painted", took.answers * 1e3, 100, read, "ms")
    say(0, f"{runs:,} runs: place opened again -> painted", took.again * 1e3, 100, "", "ms")
