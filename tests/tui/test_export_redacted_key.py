"""A page is written without its secrets where that is asked for, from the list, a run and a comparison alike."""

import flightlog
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.compare import CompareScreen
from flightlog.tui.screens.run import RunScreen
from seeing import shows, until

SECRET = "sk-proj-abcdefghijklmnop0123456789"


async def test_one_key_writes_what_is_there_and_another_masks_what_looks_secret(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with flightlog.open(tmp_path / "data") as store:
        for n in range(2):
            with store.run("triage", name=f"inbox-{n}", objective=f"with {SECRET}") as run:
                run.log(f"called with {SECRET}")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))

    said: list[str] = []
    notify = app.notify
    monkeypatch.setattr(app, "notify", lambda text, **more: (said.append(text), notify(text, **more))[1])

    def pages():
        return sorted(path.name for path in tmp_path.glob("*.html"))

    async def written(pilot, count):
        """Waits until so many were written and told of: a key would else come while one is under way."""
        await until(pilot, lambda: len(pages()) == count and sum(".html" in text for text in said) == count)

    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "inbox-1")
        await pilot.press("ctrl+e")
        await written(pilot, 1)
        await pilot.press("ctrl+r")
        await written(pilot, 2)
        assert "\nredacted: " in said[-1] and "places masked" in said[-1] and "redacted" not in said[0]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run is not None)
        await pilot.press("ctrl+r")
        await written(pilot, 3)
        await pilot.press("escape", "g", "J", "J", "c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.runs)
        await pilot.press("ctrl+r")
        await written(pilot, 4)
    texts = {name: (tmp_path / name).read_text() for name in pages()}
    assert [SECRET in texts[name] for name in sorted(texts, key=lambda name: (tmp_path / name).stat().st_mtime_ns)] == [
        True,
        False,
        False,
        False,
    ]
    assert sum("[redacted key]" in text for text in texts.values()) == 3
