"""Place 5 of the browser: from a key in the policy to the plan of all runs on screen."""

import asyncio
import time
from statistics import median

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.retention import RetentionScreen
from measure import say, told
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


async def keys_and_opening(folder) -> tuple[list[float], float, float]:
    """Seconds from each key to its plan, from the place's key to its first page at first, and once it is read."""
    (folder / "flightlog.yaml").write_text(POLICY)
    app = FlightlogApp(lambda: flightlog.open(folder))
    keys: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await painted(app, lambda: app.store is not None and app.home.run_list.ready)
        app.simulate_key("5")
        first = await painted(app, lambda: isinstance(app.screen, RetentionScreen) and app.screen.plan.list.count())
        tab = app.screen.plan
        await pilot.pause(1.0)
        tab.editor.focus()
        tab.editor.move_cursor(LAST)
        for number in range(12):
            before = tab.made.plan
            app.simulate_key("backspace" if number % 2 else "5")
            keys.append(await painted(app, lambda before=before: tab.made.plan is not before))
        app.simulate_key("escape")
        app.simulate_key("1")
        await painted(app, lambda: app.screen is app.home)
        await pilot.pause(1.0)
        app.simulate_key("5")
        again = await painted(app, lambda: app.screen is tab.screen)
    app.close()
    return keys, first, again


@pytest.mark.parametrize(("runs", "limit"), [(10_000, 100), (100_000, 1_500)])
async def test_keys_to_plan(bench_data, runs, limit):
    folder = bench_data(f"retention-{runs}", lambda path: write_million(path / "flightlog.db", runs))
    keys, first, again = await keys_and_opening(folder)
    worst = f"worst {told(max(keys))}"
    say(0, f"{runs:,} runs: key in the policy -> plan painted", median(keys) * 1e3, limit, worst, "ms")
    read = f"at first, all runs read: {told(first)}"
    say(0, f"{runs:,} runs: place opened again -> painted", again * 1e3, 100, read, "ms")
