"""From the step that began a subagent to the run that it is, and back; what the step says of its end."""

import sys
from contextlib import closing
from pathlib import Path

import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.widgets.key_bar import KeyBar
from seeing import shows, until

sys.path.insert(0, str(Path(__file__).parents[1]))

from recorded_transcripts import copied


@pytest.fixture
def app(tmp_path):
    with closing(open_source(copied("claude-code-2.1", tmp_path / "claude"), in_memory=True)) as store:
        yield FlightlogApp(lambda: store)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_enter_on_the_step_opens_its_run_and_esc_leads_back(app, size):
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.press("slash", *'objective:"Three helpers"', "enter")
        await until(pilot, lambda: app.home.run_list.ready and app.home.run_list.lines == 1)
        await pilot.press("enter", "s")
        shown = await shows(pilot, "✖ Agent", "✔ Agent")
        assert shown.count("✖ Agent") == 1
        screen = app.screen
        await pilot.press("e")  # the failed one counts as such
        step = screen.tab.picture.forest.by_id[screen.tab._wanted]
        assert step.began_run
        words = {key.id: key.label for key in screen.query_one(KeyBar).keys}
        assert words["steps.log_of"] == "its run"
        await shows(pilot, "its run", "enter its run", "API error: 400 max_to")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen is not screen)
        await shows(pilot, "Failing helper", "API error: 400")
        assert app.screen.run_id == step.began_run
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.tab._wanted == step.id
