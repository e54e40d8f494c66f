"""How a conversation ended stands in its overview, where no result is recorded; it costs one message."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from flightlog.core.store import Store
from flightlog.tui.parts.overview import SAID
from flightlog.tui.widgets.overview import OverviewTab
from reading import opened, text_of
from recorded import NASTY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def talk(store: Store, last: object, **facts: object) -> str:
    with store.run("triage") as run:
        for number in range(300):
            run.message("user", "claude", f"question {number}")
        run.message("claude", "user", last)
        for name, value in facts.items():
            run.snapshot(name, value)
    return run.id


@pytest.mark.parametrize("last", ["All five have a folder.", [{"type": "text", "text": "All five have a folder."}]])
@pytest.mark.parametrize("size", [(120, 36), (40, 20)])
async def test_the_last_message_is_told(store, size, last):
    async with opened(store, talk(store, last), size, tab="overview") as pilot:
        shown = " ".join(text_of(pilot).replace("│", " ").split())
        assert "last said" in shown and "question" not in shown
        assert "claude → user" in shown and "All five have a folder." in shown


async def test_a_recorded_result_tells_it_already(store):
    async with opened(store, talk(store, "well", result="done"), (120, 36), tab="overview") as pilot:
        assert "last said" not in text_of(pilot) and '"done"' in text_of(pilot)


async def test_it_costs_one_message_and_none_again_while_nothing_is_new(store, monkeypatch):
    run = talk(store, "well")
    asked, ask = [], type(store.runs).messages

    def counted(self, *args, **options):
        asked.append(options)
        return ask(self, *args, **options)

    monkeypatch.setattr(type(store.runs), "messages", counted)
    tab, found = OverviewTab(), store.runs.get(run)
    tab.found = tab.read(store, found)
    assert tab.found.said.content == "well" and asked == [{"limit": 1, "last": True}]
    assert tab.read(store, found).said == tab.found.said and len(asked) == 1


@pytest.mark.parametrize("word", [NASTY, "x" * 100_000, ""])
async def test_what_was_said_last_may_be_anything(store, word):
    async with opened(store, talk(store, word), (80, 24), tab="overview") as pilot:
        assert "completed" in text_of(pilot) and "\u202e" not in text_of(pilot)
        assert ("last said" in text_of(pilot)) == bool(word)
        assert text_of(pilot).count("x") <= SAID
