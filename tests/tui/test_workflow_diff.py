"""Two versions compared: the words that differ, and what became of the runs."""

import flightlog
import pytest
from flightlog.core.diff import text_diff
from flightlog.tui.app import FlightlogApp
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.lines import width_of
from flightlog.tui.screens.version_diff import DiffScreen
from flightlog.tui.workflows.diff_lines import Sides, diff_rows, worded
from flightlog.tui.yaml_lines import yaml_lines
from hypothesis import given
from hypothesis import strategies as st
from seeing import shows, text_of, until
from workflow_scene import SIZES, fill, to_triage


@given(
    st.lists(st.tuples(st.text("ab名", max_size=9), st.just("text")), max_size=5),
    st.lists(st.integers(0, 50), max_size=6, unique=True),
)
def test_marking_words_changes_no_text(line, places):
    spans = list(zip(sorted(places)[::2], sorted(places)[1::2], strict=False))
    marked = worded(line, spans, "added")
    text = "".join(piece for piece, _ in line)
    assert "".join(piece for piece, _ in marked) == text
    wanted = "".join(text[start:end] for start, end in spans)
    assert "".join(piece for piece, ink in marked if ink == "text.added_word") == wanted


@pytest.mark.parametrize("beside", [True, False])
def test_words_that_differ_stand_on_a_stronger_ground(beside):
    old, new = "model: gpt-4o\nlimit: 4\n", "model: gpt-5\nlimit: 4\n"
    sides = Sides(yaml_lines(old), yaml_lines(new))
    rows = diff_rows(text_diff(old, new), sides, 100, UNICODE, beside=beside)
    spans = [span for row in rows for span in row.line]
    assert "".join(text for text, ink in spans if ink.endswith(".removed_word")) == "4o"
    assert "".join(text for text, ink in spans if ink.endswith(".added_word")) == "5"
    assert any(ink.endswith(".removed") for _, ink in spans)
    assert all(width_of(row.line) <= 100 for row in rows)


@pytest.mark.parametrize("size", SIZES)
async def test_the_change_of_the_runs_stands_with_the_change_of_the_text(tmp_path, size):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        fill(store)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=size) as pilot:
        await to_triage(pilot)
        await pilot.press("j", "d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen) and app.screen.found is not None)
        await shows(pilot, "triage@1 → @3", "+50 points", "better", "cost/run", "steps: [plan]")
        assert ("@3  over their runs" in text_of(app.screen)) == (size[0] >= 120)
        await pilot.press("o")
        await shows(pilot, "success +50 points", "o unfolds", "steps: [plan]")
        assert "better" not in text_of(app.screen)
        await pilot.press("o", "s")
        await shows(pilot, "triage@3 → @1", "-50 points", "worse")
        await pilot.press("escape", "j", "d")
        await shows(pilot, "triage@1 → @2", "too few runs", "limit: 8")
        await pilot.press("n", "N", "v")
        assert all(len(line) <= size[0] for line in text_of(app.screen).split("\n"))
        await pilot.press("escape", "j", "d")
        await shows(pilot, "triage nothing → @1")
    app.close()
