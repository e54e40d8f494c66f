"""The bottom line names no key that would be typed where somebody writes."""

import flightlog
from flightlog.tui.app import FlightlogApp
from flightlog.tui.keys import place
from flightlog.tui.keys.typing import while_typing
from seeing import shows, until


def test_letters_and_what_moves_in_a_text_are_no_keys_and_an_inner_row_comes_first():
    left = {key.id: key.keys for key in while_typing([*place("edit").keys, *place("runs").keys, *place("app").keys])}
    assert left["edit.leave"] == "escape,ctrl+q" and "app.quit" not in left and "app.help" not in left
    assert left["app.palette"] == "ctrl+p" and left["runs.mark_range"] == "ctrl+at"
    assert not {"app.commands", "app.doctor", "runs.open", "runs.mark", "runs.filter"} & set(left)


async def test_in_a_filter_and_in_a_policy(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        store.run("triage", name="inbox").finish()
    (tmp_path / "data" / "flightlog.yaml").write_text("retention:\n  - match: pinned\n    then: trash\n")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "inbox", "space mark", "q quit")
        await pilot.press("slash")
        shown = await shows(pilot, "^p commands  ^q quit")
        assert "space mark" not in shown and "? keys" not in shown
        await pilot.press("escape")
        await shows(pilot, "space mark", "? keys")
        await pilot.press("5")
        await until(pilot, lambda: app.screen is not app.home)
        await shows(pilot, "e edit policy", "? keys")
        await pilot.press("e")
        await shows(pilot, "esc plan  ^p commands  ^q quit")
        await pilot.press("space")
        await shows(pilot, "esc plan  ^s save  ^r as saved  ^p commands  ^q quit")
    app.close()
