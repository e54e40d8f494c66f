"""The approvals tab: what waits is answered in place, with a note; who answered stands there afterwards."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import flightlog
import pytest
from flightlog.core.signing import who
from flightlog.core.store import Store
from flightlog.tui.parts.approval_nodes import answer_line
from reading import SIZES, opened, screen_of, settled, text_of, wait
from recorded import NASTY, until, waiting_run
from textual.widgets import Input


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_waiting_approval_is_answered_with_a_note(store, size):
    with waiting_run(store) as run:
        async with opened(store, run, size, tab="approvals") as pilot:
            assert "Send 14 mails?" in text_of(pilot)
            assert "y approve" in text_of(pilot)
            await pilot.press("y")
            assert pilot.app.screen.query_one("#answer-note", Input).has_focus
            await pilot.press(*"fine", "enter")
            await wait(pilot, lambda: store.runs.approvals(run)[0].status == "approved")
            assert store.runs.approvals(run)[0].note == "fine"
            pilot.app.changed()
            await wait(pilot, lambda: "✔ approved" in text_of(pilot) and "fine" in text_of(pilot))
            assert f"{who()}  after 0:0" in text_of(pilot) or f"{who()}  after " in text_of(pilot)
            await pilot.press("n")
            assert pilot.app.told[-1] == "Nothing waits for an answer"


async def test_escape_leaves_an_approval_unanswered(store):
    with waiting_run(store) as run:
        async with opened(store, run, tab="approvals") as pilot:
            await pilot.press("n", "x", "escape")
            await settled(pilot)
            assert store.runs.approvals(run)[0].status == "pending"
            assert store.runs.approvals(run)[0].answered is None
            assert not pilot.app.screen.tab.has_class("answering")


async def test_a_store_that_cannot_be_written_says_so_instead_of_asking(store, monkeypatch):
    with waiting_run(store) as run:
        monkeypatch.setattr(Store, "read_only", True)
        async with opened(store, run, tab="approvals") as pilot:
            assert "read-only" in text_of(pilot)
            await pilot.press("y")
            assert "read-only" in pilot.app.told[-1]
            assert not pilot.app.screen.tab.has_class("answering")


def asked(pilot, question: str) -> int:
    """The line of a question."""
    rows = screen_of(pilot).tab.lines.rows
    return next(n for n, row in enumerate(rows) if callable(row.node.line) and question in str(row.node.line(60)))


async def test_the_question_under_the_cursor_is_answered_and_leads_to_its_step(store):
    def statuses() -> list[str]:
        return [one.status for one in store.runs.approvals(run.id)]

    with store.run("two") as run, run.step("ask") as step:
        for question in ("first" + NASTY, "second?"):
            threading.Thread(target=partial(step.approve, question, timeout=100), daemon=True).start()
            until(lambda: any(one.question == question for one in store.runs.approvals(run.id)))  # noqa: B023
        async with opened(store, run.id, (80, 24), tab="approvals") as pilot:
            assert not [sign for sign in text_of(pilot) if sign != "\n" and not sign.isprintable()]
            lines = screen_of(pilot).tab.lines
            lines.move_to(asked(pilot, "second?"))
            await wait(pilot, lambda: "enter open" not in text_of(pilot))  # a question leads nowhere
            await pilot.press("n", "enter")
            await wait(pilot, lambda: statuses() == ["pending", "rejected"])
            pilot.app.changed()
            await wait(pilot, lambda: "✖ rejected" in text_of(pilot))
            await pilot.press("y", *"go", "enter")
            await wait(pilot, lambda: statuses() == ["approved", "rejected"])
            pilot.app.changed()
            await wait(pilot, lambda: "✖ rejected" in text_of(pilot) and "✔ approved" in text_of(pilot))
            assert "asked in ask" in text_of(pilot) and step.id not in text_of(pilot)
            lines.move_to(next(n for n, row in enumerate(lines.rows) if row.node.target == step.id))
            await pilot.press("enter")
            await wait(pilot, lambda: screen_of(pilot).current == "steps")


def test_of_a_lost_run_it_is_said_that_nobody_may_hear_the_answer():
    said = [str(answer_line("", "y", "n", lost=lost)) for lost in (False, True)]
    assert ["nobody may hear it" in text for text in said] == [False, True]
