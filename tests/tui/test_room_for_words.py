"""What a person looks for in a list is not cut for what he can do without."""

import flightlog
import pytest
from flightlog.core.numbers.rates import Rates
from flightlog.core.retention.plan import Decision, Plan
from flightlog.core.version_history import Entry
from flightlog.core.workflows import Outcome, Version
from flightlog.tui.app import FlightlogApp
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.live.board import Board
from flightlog.tui.live.page import LivePage
from flightlog.tui.retention.plan_page import PlanPage, Shown
from flightlog.tui.workflows.version_cells import cells_of, columns_of
from planned_runs import NOW as NOON
from planned_runs import run as planned
from seeing import shows
from test_live_board import NOW, run, text_of
from test_workflows_screen import YAML, at_workflows, fill, to_triage


def test_the_question_of_a_run_that_waits_is_told_rather_than_a_bar():
    board = Board()
    asks = run(0, "waiting", workflow="label-tickets", evidence="Ship billing-api:14 to prod?")
    board.begin([asks], NOW)
    found = LivePage(board.entries(NOW), {}, Rates(), frozenset(), NOW, UNICODE)
    assert "Ship billing-api:14 to prod?" in text_of(found.line(0, 115))
    assert "Cost" in text_of(found.head(115))


def test_why_a_run_is_kept_is_told_whole_beside_the_policy():
    kept = Decision(planned("01" + "j" * 24, workflow="label-tickets"), "keep", "newest of label-tickets")
    page = PlanPage(Plan(now=NOON.isoformat(), decisions=(kept,)), Shown(), UNICODE)
    assert "keep: newest of label-tickets" in text_of(page.line(0, 69))


@pytest.fixture
def app(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        fill(store)
        store.workflows.store("triage", YAML.replace("4", "5"), parents=[4], note="small model drafts, large one")
        store.run("triage", version=5).finish()
    return FlightlogApp(lambda: flightlog.open(tmp_path / "data"))


async def test_the_note_of_a_version_is_told_also_while_it_has_few_runs(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await to_triage(pilot)
        shown = await shows(pilot, "small model drafts", "Points")
        (line,) = [line for line in shown.splitlines() if "small model" in line]
        assert "too few  " in line


def test_a_change_that_no_version_has_takes_no_room():
    came_to = Outcome(workflow="triage", version=1, runs=9, completed=9)
    one = Entry(1, Version(workflow="triage", number=1, digest="sha256:0"), came_to, None)
    heads = [column.head for column in columns_of([one])]
    assert "Points" not in heads and "+/-" not in heads and "Success" in heads
    few = one._replace(outcome=Outcome(workflow="triage", version=1, runs=2, completed=2))
    assert ("too few", "muted") in cells_of(few, UNICODE, columns_of([one, few]))


async def test_in_80_columns_the_places_keep_their_names_over_the_workflows(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await at_workflows(pilot)
        await shows(pilot, "1 Runs  2 Workflows  3 Costs  4 Space  5 Retention", "3 · last run")
