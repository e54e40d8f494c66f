"""The browser on a store that has a mirror: what the header says when one of the two fails."""

import os
import time

import flightlog
import pytest
from flightlog.backends.mirror import feeder
from flightlog.tui.app import FlightlogApp

pytestmark = pytest.mark.usefixtures("patient_mirror")


def recorded_in(folder) -> None:
    """A data directory with a mirror, and a run in both."""
    (folder / "flightlog.yaml").write_text("storage: {logs: {type: sqlite}, mirror: {type: file}}")
    with flightlog.open(folder) as store, store.run("triage", name="first"):
        pass


def first_line(pilot) -> str:
    screen = pilot.app.screen
    return screen._compositor.render_strips(screen.size)[0].text


async def until(pilot, condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, first_line(pilot)
        await pilot.pause(0.05)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_header_says_that_the_mirror_is_shown(tmp_path, size):
    recorded_in(tmp_path)
    path = tmp_path / "flightlog.db"
    path.write_bytes(path.read_bytes()[:100] + os.urandom(3996) + path.read_bytes()[4096:])
    app = FlightlogApp(lambda: flightlog.open(tmp_path, create=False))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: hasattr(app, "home") and app.home.run_list.ready)
        await until(pilot, lambda: "mirror, read-only: " in first_line(pilot))
        assert "damaged" in first_line(pilot) and "read-only" in first_line(pilot)
        assert app.home.run_list.current.name == "first"
        await pilot.press("p")  # a pin is refused, in words
        await until(pilot, lambda: any("read-only" in note.message for note in app._notifications))
    app.close()


async def test_the_header_says_that_the_mirror_is_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(feeder, "_AGAIN_S", 0.1)
    recorded_in(tmp_path)
    (tmp_path / "mirror").rename(tmp_path / "away")
    (tmp_path / "mirror").write_text("a file where the mirror was")
    app = FlightlogApp(lambda: flightlog.open(tmp_path, create=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: hasattr(app, "home") and app.home.run_list.ready)
        await until(pilot, lambda: "the mirror is behind: " in first_line(pilot))
        assert "read-only" not in first_line(pilot)
        (tmp_path / "mirror").unlink()
        (tmp_path / "away").rename(tmp_path / "mirror")
        await until(pilot, lambda: "the mirror" not in first_line(pilot))
    app.close()
