"""What was open when a run was lost or ended goes on nowhere: no screen, page or verb says that it runs."""

import os
import re
from pathlib import Path

import flightlog
import pytest
from flightlog.core.clock import from_seconds
from flightlog.core.runs import Step
from flightlog.tui.cli.run_page import _steps
from flightlog.tui.export.run_steps import steps as exported
from flightlog.tui.facts import last_moment, no_answer, stands
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.steps.detail import StepDetail, came_out, fact_nodes
from flightlog.tui.steps.forest import Forest
from flightlog.tui.steps.outline import outline_lines, outlined
from flightlog.tui.steps.picture import LAYOUTS, Picture
from flightlog.tui.steps.rows import line_of
from little_store import START, make_run
from reading import opened, text_of

OPEN = Step(run="r", id="ask", name="ask", status="running", started=from_seconds(START))
SIGNS = {"running": "●", "waiting": "●", "lost": "⚠", "paused": "‖", "failed": "·", "completed": "·"}


def text(line) -> str:
    return "".join(text for text, _ in line)


@pytest.mark.parametrize(("status", "sign"), SIGNS.items())
def test_an_open_step_has_the_sign_of_what_became_of_its_run(status, sign):
    run = make_run(0, status=status, last_event=from_seconds(START + 9))
    (line,) = outline_lines(outlined([OPEN], 8, UNICODE), run, 100, START + 9, UNICODE)
    picture = Picture(Forest([OPEN]), UNICODE, run=status)
    picture.now = START + 9
    drawn = [text(line)]
    for picture.layout in LAYOUTS:
        drawn.append(text(line_of(picture, OPEN, 80)))
    for one in drawn:
        assert one.lstrip().startswith(sign)
    assert all(("▶" in one) is (sign == "●") for one in (drawn[0], drawn[2]))
    title = next(fact_nodes(StepDetail(step=OPEN), picture))
    assert text(title.line).startswith(f"{sign} {stands(OPEN, status)}")


@pytest.mark.parametrize("status", SIGNS)
def test_of_an_open_step_that_goes_on_no_more_nothing_is_said_to_come(status):
    told = stands(OPEN, status)
    (node,) = came_out(StepDetail(step=OPEN, input={"mails": 2}), told)
    assert text(node.line).startswith("nothing came back") and text(node.line) == no_answer(told)
    assert (" yet" in text(node.line)) is (told == "running")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run whose process ended in the middle of a step."""
    child = os.fork()
    if child == 0:
        with flightlog.open(tmp_path / "data", storage="file") as store:
            store.run("index-docs").step("crawl", input={"url": "x"}).__enter__()
            os._exit(0)
    os.waitpid(child, 0)
    return tmp_path / "data"


async def test_of_a_run_whose_process_is_gone_nothing_is_said_to_run(folder):
    with flightlog.open(folder) as store:
        (run,) = store.find("")
        assert run.status == "lost"
        assert [line.split()[:2] for line in _steps(store, run, UNICODE)] == [["⚠", "crawl"]]
        page = exported(store, run, last_moment(run, START) + 9_000)
        assert "⚠ " in page and "● " not in page and "nothing came back before the run was lost" in page
        assert 'class="running"' not in page and not re.search(r"\d:\d\d:\d\d", page), "it takes time no more"
        for tab in ("overview", "steps"):
            async with opened(store, run.id, tab=tab) as pilot:
                assert "⚠ crawl" in text_of(pilot) and "●" not in text_of(pilot)
