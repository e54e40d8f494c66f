"""A click on a part of the header leads where its subject lives."""

import flightlog
import pytest
from flightlog.backends.watching.store_watch import StoreWatch
from flightlog.core.clock import now_s
from flightlog.core.costs import Money
from flightlog.core.runs import Totals
from flightlog.tui.app import FlightlogApp
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.screens.costs import CostsScreen
from flightlog.tui.screens.doctor import DoctorScreen
from flightlog.tui.screens.live import LiveScreen
from flightlog.tui.screens.space import SpaceScreen
from flightlog.tui.widgets.header import Facts, header_line, subject_at
from flightlog.tui.widgets.store_header import StoreHeader
from seeing import shows, text_of, until

TOTALS = Totals(
    runs=12_408,
    size_bytes=1_200_000_000,
    by_status={"running": 3, "waiting": 1, "lost": 2, "failed": 20},
    today=Money(recorded_nanousd=18_420_000_000, recorded=1),
    damaged=4,
)
FACTS = Facts("./data", TOTALS, "watching", 0.1)
TOLD = {"● 3": "live", "◐ 1": "live", "⚠ 2": "lost", "✖ 20": "failed", "12,408": "runs", " GB": "space"}
TOLD |= {"4 damaged": "doctor", "today": "costs", "$18.42": "costs", "watching": "", "data": "", "│": ""}


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 160, 240])
def test_every_cell_is_about_what_stands_there(width):
    line = "".join(text for text, _ in header_line(FACTS, width, UNICODE))
    for word, about in TOLD.items():
        at = line.find(word)
        if at >= 0:
            assert {subject_at(FACTS, width, UNICODE, at + n) for n in range(len(word))} == {about}, (word, line)
    assert subject_at(FACTS, width, UNICODE, width + 5) == ""


def test_what_is_wrong_leads_to_the_doctor():
    facts = FACTS._replace(problem="the data directory is gone")
    line = "".join(text for text, _ in header_line(facts, 120, UNICODE))
    assert subject_at(facts, 120, UNICODE, line.index("is gone")) == "doctor"


@pytest.fixture
def app(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        for n in range(6):
            run = store.run("triage", name=f"n{n}")
            run.cost("gpt-4o", input_tokens=10, dollars="0.5")
            run.finish("failed" if n < 2 else "completed")
    return FlightlogApp(lambda: flightlog.open(tmp_path / "data"))


async def told_whole(pilot):
    """The run list under a header that has all it will tell."""
    await shows(pilot, "n5", "✖ 2", "today")
    await until(pilot, lambda: pilot.app.home.query_one(StoreHeader)._seen.rate is not None)
    return pilot.app.home


async def click(pilot, word):
    """Clicks on a word of the header."""
    line = text_of(pilot.app.screen).splitlines()[0]
    assert word in line, line
    await pilot.click(offset=(line.index(word), 0))


@pytest.mark.parametrize("size", [(140, 36), (80, 24)])
async def test_a_click_leads_there_from_wherever_one_is(app, size):
    async with app.run_test(size=size) as pilot:
        home = await told_whole(pilot)
        await click(pilot, "today")
        await until(pilot, lambda: isinstance(app.screen, CostsScreen) and app.screen.found is not None)
        await click(pilot, "●")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await click(pilot, "✖ 2")
        await until(pilot, lambda: app.screen is home and home.run_list.matching == 2)
        assert home.run_list.query.text == "status:failed"
        await pilot.press("minus")  # and back to where one was
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is home)
        if size[0] > 100:
            await click(pilot, " kB")
            await until(pilot, lambda: isinstance(app.screen, SpaceScreen))
            await click(pilot, "6 runs")
            await until(pilot, lambda: app.screen is home)


async def test_where_nothing_stands_a_click_does_nothing(app):
    async with app.run_test(size=(140, 36)) as pilot:
        await told_whole(pilot)
        await click(pilot, "watching")
        await click(pilot, "flightlog")
        assert app.screen is app.home and app.home.run_list.query.text == ""


async def test_what_is_damaged_leads_to_the_doctor(app):
    async with app.run_test(size=(140, 36)) as pilot:
        await shows(pilot, "n5", "today")
        app.screen.query_one(StoreHeader).post_message(StoreHeader.Picked("doctor"))
        await until(pilot, lambda: isinstance(app.screen, DoctorScreen))


async def test_what_an_hour_costs_is_the_same_in_the_header_and_over_the_table(app, monkeypatch):
    """The line over the table stood still between two readings, and told another rate than the header."""
    monkeypatch.setattr(StoreWatch, "_call", lambda watch: None)  # which would have it read
    async with app.run_test(size=(140, 36)) as pilot:
        await told_whole(pilot)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, CostsScreen) and app.screen.found is not None)
        await until(pilot, lambda: text_of(app.screen).count("≈ $36.00/h") == 2 and not app.screen.loader.busy)
        loads = app.screen.loader.loads
        app.pulse.rates.add("another", now_s(), 1000, Money(recorded_nanousd=1_000_000_000, recorded=1))
        await until(pilot, lambda: text_of(app.screen).count("≈ $48.00/h") == 2)
        assert app.screen.loader.loads == loads
