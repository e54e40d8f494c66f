"""What the cells of a run in the list say."""

import pytest
from flightlog.core.runs import Run
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.runs.columns import COLUMNS, Context

CONTEXT = Context(now=1_795_000_000, glyphs=UNICODE, narrow=False)


def cell(title: str, **facts) -> str:
    run = Run(id="01KAAAAAAAAAAAAAAAAAAAAAAA", workflow="triage", **facts)
    (column,) = (column for column in COLUMNS if column.title == title)
    return "".join(str(text) for text, _ink in column.cell(run, CONTEXT))


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"evidence": "until the quota\x1b[0m\nis back", "objective": "sort mail"}, "paused · until the quota"),
        ({"objective": "sort mail"}, "paused · sort mail"),
        ({}, "paused"),
    ],
)
def test_a_paused_run_says_why(facts, text):
    shown = cell("Step", status="paused", **facts)
    assert shown.startswith(text)
    assert "\x1b" not in shown
    assert "\n" not in shown


def test_what_nobody_has_read_is_unknown_and_not_none():
    unread = {"source": "langgraph", "meta": {"langgraph": {"unread": "messages and tokens"}}}
    assert [cell(title, **unread) for title in ("Tokens", "Cost")] == ["?", "?"]
    assert [cell(title) for title in ("Tokens", "Cost")] == ["–", "–"]
    own = {"meta": {"": {"unread": "x"}, "langgraph": {"unread": "x"}}}
    assert cell("Tokens", **own) == "–"
