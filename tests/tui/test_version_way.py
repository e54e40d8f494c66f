"""Above a version, and above the difference of two, stands the way that led there, and a click leads back."""

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.workflows import WorkflowsScreen
from seeing import shows, until
from workflow_scene import SIZES, fill, to_triage


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("key", "title"), [("enter", "triage@4"), ("d", "triage@3 → @4")])
async def test_the_place_stands_before_the_version_and_a_click_leads_there(tmp_path, size, key, title):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        fill(store)
    async with FlightlogApp(lambda: flightlog.open(tmp_path / "data")).run_test(size=size) as pilot:
        await to_triage(pilot)
        await pilot.press(key)
        await shows(pilot, f"─ Workflows › {title} ─")
        await pilot.click("FrameLine", offset=(5, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowsScreen))
