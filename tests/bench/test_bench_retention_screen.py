"""Place 5 of the browser: from a key in the policy to the plan of all runs on screen."""

import asyncio
import time
from datetime import datetime
from statistics import median

import flightlog
import pytest
from flightlog.core.retention.plan import plan
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.retention import RetentionScreen
from measure import say, seconds, told
from million import write_million

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


async def keys_and_opening(folder) -> tuple[list[float], list[float], float, float]:
    """Seconds from each key to its plan, of plans alone in turn with them, from the place's key to its first page at
    first, and once it is read.
    """
    (folder / "flightlog.yaml").write_text(POLICY)
    app = FlightlogApp(lambda: flightlog.open(folder))
    keys: list[float] = []
    plans: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await painted(app, lambda: app.store is not None and app.home.run_list.ready)
        app.simulate_key("5")
        first = await painted(app, lambda: shows_lines(app.screen))
        tab = app.screen.plan
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
    return keys, plans, first, again


@pytest.mark.parametrize("runs", [10_000, 100_000])
async def test_keys_to_plan(bench_data, runs):
    folder = bench_data(f"retention-{runs}", lambda path: write_million(path / "flightlog.db", runs))
    keys, plans, first, again = await keys_and_opening(folder)
    one = median(keys)
    detail = f"{told(one)} / {told(median(plans))}, worst {told(max(keys))}"
    say(0, f"{runs:,} runs: key in the policy -> painted, to the plan alone", one / median(plans), 3, detail)
    if runs == 10_000:
        say(0, f"{runs:,} runs: key in the policy -> plan painted", one * 1e3, 100, "", "ms")
    read = f"at first, all runs read: {told(first)}"
    say(0, f"{runs:,} runs: place opened again -> painted", again * 1e3, 100, read, "ms")
