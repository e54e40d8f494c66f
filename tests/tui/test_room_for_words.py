"""What a person looks for in a list is not cut for what he can do without."""

import flightlog
import pytest
from flightlog.core.clock import from_seconds
from flightlog.core.numbers.rates import Rates
from flightlog.core.retention.plan import Decision, Plan
from flightlog.core.retention.policy import Policy
from flightlog.core.version_history import Entry
from flightlog.core.workflows import Outcome, Version, Workflow
from flightlog.tui.app import FlightlogApp
from flightlog.tui.compare.number_rows import metric_rows
from flightlog.tui.compare.rows import Context
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.live.board import Board
from flightlog.tui.live.page import LivePage
from flightlog.tui.retention.plan_page import PlanPage, Shown
from flightlog.tui.workflows.version_cells import cells_of, columns_of
from flightlog.tui.workflows.workflow_cells import columns_for, line_of
from little_store import START, make_run
from planned_runs import NOW as NOON
from planned_runs import run as planned
from seeing import shows
from workflow_scene import YAML, at_workflows, fill, to_triage

NOW = START + 500


def text_of(line) -> str:
    return "".join(text for text, _ in line)


def run(n, status, began=100.0, **facts):
    given = {"started": from_seconds(NOW - began), "finished": None, "last_event": from_seconds(NOW - 1)}
    return make_run(n, status=status, last_seq=n + 1, **{**given, **facts})


def test_the_question_of_a_run_that_waits_is_told_rather_than_a_bar():
    board = Board()
    asks = run(0, "waiting", workflow="label-tickets", evidence="Ship billing-api:14 to prod?")
    board.begin([asks], NOW)
    found = LivePage(board.entries(NOW), {}, Rates(), frozenset(), NOW, UNICODE)
    assert "Ship billing-api:14 to prod?" in text_of(found.line(0, 115))
    assert "Cost" in text_of(found.head(115))


def test_on_a_very_wide_screen_numbers_stay_near_what_they_are_of():
    board = Board()
    board.begin([run(0, "running", workflow="label-tickets", began=41)], NOW)
    found = LivePage(board.entries(NOW), {}, Rates(), frozenset(), NOW, UNICODE)
    head, line = text_of(found.head(196)), text_of(found.line(0, 196))
    assert head.index("For") < 110 and line.index("0:41") < 110
    rows = [Workflow(id="triage", versions=3, runs=26), Workflow(id="a" * 40, versions=1, runs=1)]
    for workflows, most in ((rows[:1], 50), (rows, 66)):
        assert text_of(columns_for(workflows, UNICODE).head(196)).index("Versions") < most
    assert "a" * 40 in text_of(line_of(rows[1], columns_for(rows, UNICODE), 116, UNICODE))


def test_why_a_run_is_kept_is_told_whole_beside_the_policy():
    kept = Decision(planned("01" + "j" * 24, workflow="label-tickets"), "keep", "newest of label-tickets")
    plan = Plan(now=NOON.isoformat(), policy=Policy(), decisions=(kept,))
    page = PlanPage(plan, Shown(), UNICODE)
    assert "keep: newest of label-tickets" in text_of(page.line(0, 69))


@pytest.mark.parametrize(("width", "told"), [(67, 31), (75, 32)])
def test_why_a_run_goes_has_its_room_before_when_it_ended(width, told):
    why = "completed, none of last 3, none of hourly 2"
    gone = [Decision(planned("01" + "j" * 24, workflow="label-tickets"), "archive", why)]
    page = PlanPage(Plan(now=NOON.isoformat(), policy=Policy(), decisions=tuple(gone)), Shown(), UNICODE)
    line = text_of(page.line(0, width))
    assert f"archive: {why}"[: told - 1] in line and "label-tickets" in line and "B" in line
    assert ("0.0s" in line) is (width > 70)


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
    nameless = few._replace(number=None, version=None)
    assert "Points" not in [column.head for column in columns_of([nameless])]


async def test_in_80_columns_the_places_keep_their_names_over_the_workflows(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await at_workflows(pilot)
        await shows(pilot, "1 Runs  2 Workflows  3 Costs  4 Space  5 Retention", "3 · last run")


def test_the_legend_of_a_comparison_has_the_words_of_its_cells_and_their_signs():
    context = Context((make_run(0), make_run(1)), 0, NOW)
    said = " ".join(text_of(row.name) for row in metric_rows(context, [{}, {}]))
    assert "best (★) and worst (▽) of each line" in said
