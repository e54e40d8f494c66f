"""The overview answers what happened: where the time went, what failed, what came of it, before what was given."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from flightlog.core.clock import from_seconds
from flightlog.core.runs import Step
from flightlog.core.store import Store
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.lines import width_of
from flightlog.tui.steps.outline import outline_lines, outline_of, outlined
from flightlog.tui.widgets.step_tree import StepLines
from little_store import START, make_run
from reading import SIZES, opened, screen_of, settled, text_of
from recorded import Broken, record_everything


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def failed_run(store: Store, steps: int) -> str:
    run = store.run("triage", objective="sort the inbox, and answer what a template can answer by itself")
    try:
        with run:
            run.snapshot("input", {"mails": ["one", "two"], "limit": 4})
            run.snapshot("result", {"sent": 3})
            for number in range(steps):
                with run.step(f"step {number}"):
                    pass
            with run.step("review", agent="critic") as review:
                review.log("0.54")
                raise Broken("score 0.54 is below 0.58")
    except Broken:
        pass
    return run.id


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_step_that_failed_is_told_and_leads_to_its_page(store, size):
    async with opened(store, failed_run(store, 2), size, tab="overview") as pilot:
        shown = text_of(pilot)
        line = next(line for line in shown.splitlines() if "✖ review" in line)
        assert "Broken: score" in line and "▇" in line
        screen = screen_of(pilot)
        lines = screen.tab.query_one("#overview-lines")
        lines.move_to(next(n for n, row in enumerate(lines.rows) if "✖ review" in row_text(lines, n)))
        await pilot.press("enter")
        await settled(pilot)
        lines = screen.tab.query_one(StepLines)
        assert screen.current == "steps" and "review" in row_text(lines, lines.cursor)


def row_text(lines, n: int) -> str:
    return "".join(text for text, _ in lines.draw(n, 100))


async def test_what_came_of_it_stands_before_what_was_given(store):
    async with opened(store, failed_run(store, 2), (120, 36), tab="overview") as pilot:
        shown = text_of(pilot)
        places = [shown.index(word) for word in ("below 0.58", "✖ review", "sent: 3", "mails: [2]", "limit: 4")]
        assert places == sorted(places)
        assert "objective   sort the inbox, and answer what a template can answer by itself" in shown


async def test_of_many_steps_it_says_where_the_others_are(store):
    async with opened(store, failed_run(store, 20), (120, 36), tab="overview") as pilot:
        shown = text_of(pilot)
        assert "8 of 21, round the last failure; s has all" in shown and "✖ review" in shown and "step 13" in shown
        assert "step 12 " not in shown


async def test_steps_are_not_read_again_while_nothing_is_new(store, monkeypatch):
    asked, ask = [], type(store.runs).steps

    def counted(self, *args, **options):
        asked.append(args)
        return ask(self, *args, **options)

    monkeypatch.setattr(type(store.runs), "steps", counted)
    async with opened(store, record_everything(store), tab="overview") as pilot:
        read = len(asked)
        pilot.app.changed()
        await settled(pilot)
        assert read == len(asked) == 1


def step(n: int, **facts: object) -> Step:
    given = {"started": from_seconds(START + n), "finished": from_seconds(START + n + 1), "status": "completed"}
    return Step(**{"run": "r", "id": f"s{n}", "name": f"step {n}", **given, **facts})


def test_of_a_run_that_is_over_the_steps_are_told_in_which_its_time_went():
    steps = [step(n) for n in range(300)]
    for n in (7, 150):
        steps[n] = step(n, finished=from_seconds(START + n + 60))
    steps[151] = step(151, parent="s150", finished=from_seconds(START + 151 + 30))
    rows, which = outline_of(steps, 8, UNICODE, live=False)
    told = [(row.guide, row.step.name) for row in rows]
    assert which == "the longest" and len(rows) == 8
    assert ("", "step 7") in told and told[told.index(("", "step 150")) + 1] == ("└ ", "step 151")
    for status, said in (("failed", "round the last failure"), ("running", "round what is open")):
        rows, which = outline_of([*steps[:200], step(200, status=status), *steps[201:]], 8, UNICODE, live=False)
        assert which == said and "step 200" in [row.step.name for row in rows]
    assert outline_of(steps, 8, UNICODE, live=True).which == "the last"
    assert outline_of([step(n, finished=None) for n in range(9)], 8, UNICODE, live=False).which == "the last"


async def test_the_overview_says_that_it_shows_the_longest_steps(store):
    with store.run("triage") as run:
        for number in range(20):
            with run.step(f"step {number}"):
                pass
    async with opened(store, run.id, (120, 36), tab="overview") as pilot:
        assert "8 of 20, the longest; s has all" in text_of(pilot)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [40, 76, 116])
def test_figures_stand_below_each_other_whatever_is_told_behind_them(width, glyphs):
    steps = [step(0, agent="planner"), step(1, agent="worker"), step(2, status="failed", error="Timeout: slow")]
    steps.append(step(3, status="pending", started=None, finished=None))
    run = make_run(0, finished=from_seconds(START + 4))
    lines = list(outline_lines(outlined(steps, 8, glyphs), run, width, START + 4, glyphs))
    ends = set()
    for line in lines:
        took = next(n for n, (text, _) in enumerate(line) if text.strip() in ("0:01", glyphs.dash))
        ends.add(width_of(line[: took + 1]))
    assert len(lines) == 4 and len(ends) == 1
