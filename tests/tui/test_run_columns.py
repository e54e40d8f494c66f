"""Lines of the list, the header, the preview and the bottom line, as values."""

from datetime import datetime
from itertools import pairwise

import pytest
from flightlog.core.clock import from_seconds, pretending
from flightlog.core.costs import Money
from flightlog.core.logs import LogEntry
from flightlog.core.numbers.rates import Rate
from flightlog.core.pages import Sort
from flightlog.core.runs import Group, Run, Step, Totals
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.keys import offered
from flightlog.tui.keys.runs import RUNS
from flightlog.tui.lines import Line, width_of
from flightlog.tui.runs.columns import Context, group_line, head_line, needs, run_line, slots, wanted
from flightlog.tui.runs.preview import Previewed, preview_lines
from flightlog.tui.runs.sections import Head
from flightlog.tui.widgets.header import Facts, header_line
from flightlog.tui.widgets.key_bar import NARROW, key_spans
from hypothesis import given
from hypothesis import strategies as st
from little_store import START, make_run

NOW = START + 500
ARCHIVED, PINNED = {"archived": True}, {"pinned": True}
WIDTHS = st.integers(min_value=40, max_value=300)


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line)


def line_of(run: Run, width: int = 118, **more: bool) -> str:
    context = Context(NOW, UNICODE, width < 100)
    return text_of(
        run_line(run, slots(width, needs(run, context)), context, **({"cursor": False, "marked": False} | more))
    )


@given(WIDTHS, st.integers(0, 60), st.integers(0, 60))
def test_columns_stand_beside_each_other_and_fit(width, name, workflow):
    placed = slots(width, {"Run": name, "Workflow": workflow})
    for left, right in pairwise(placed):
        assert left.start + left.width < right.start
    if width >= 60:
        assert placed[-1].start + placed[-1].width <= width
        assert [slot.column.title for slot in placed][:3] == ["Run", "Workflow", "Step"]


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (78, ["Run", "Workflow", "Step", "Started", "Took", "Cost"]),
        (118, ["Run", "Workflow", "Step", "Started", "Took", "Tokens", "Cost", "Size"]),
        (160, ["Run", "Workflow", "Step", "Session", "Started", "Took", "Tokens", "Cost", "Size"]),
    ],
)
def test_narrow_screens_leave_out_what_matters_least(width, titles):
    assert [slot.column.title for slot in slots(width, {})] == titles


def test_of_a_wide_screen_the_step_has_its_room_before_the_session():
    run = make_run(1, status="failed", error="Timeout: the model did not answer in 60 s", name="n" * 24)
    assert "Session" in text_of(
        head_line(slots(160, needs(make_run(1), Context(NOW, UNICODE, False))), Sort(), UNICODE)
    )
    assert run.error[:30] in line_of(run, 140)
    assert run.error in line_of(run, wanted(needs(run, Context(NOW, UNICODE, False))))


def test_every_status_says_what_it_is_about():
    assert "Timeout: slow" in line_of(make_run(1, status="failed", error="Timeout: slow"))
    assert "pid 7 is gone" in line_of(make_run(1, status="lost", evidence="pid 7 is gone"))
    quiet = {"evidence": "pid 7 is gone; last event 2026-11-20 09:38:20 UTC", "last_event": from_seconds(NOW - 300)}
    assert "pid 7 is gone; last event 5 min ago" in line_of(make_run(1, status="lost", **quiet), 140)
    assert "Ship it?" in line_of(make_run(1, status="waiting", evidence="Ship it?"))
    assert "draft 3/5" in line_of(make_run(1, status="running", current_step="draft", steps_done=3))
    assert "sort the inbox" in line_of(make_run(1, objective="sort the inbox"))
    assert "3 of 24 items failed" in line_of(make_run(1, items=24, items_failed=3))
    assert "‼ 1 unreadable part" in line_of(make_run(1, damaged=1))


def test_a_run_in_the_archive_is_marked_and_a_pin_says_more():
    archived, pinned, plain = (line_of(make_run(1, **facts)) for facts in (ARCHIVED, ARCHIVED | PINNED, {}))
    assert UNICODE.archived in archived and UNICODE.pinned not in archived
    assert UNICODE.pinned in pinned and UNICODE.archived not in pinned
    assert archived.replace(UNICODE.archived, " ") == plain


def test_numbers_are_honest():
    assert line_of(make_run(1, money=Money(unknown=1))).rstrip().split()[-3] == "?"
    assert "≥$1.00" in line_of(make_run(1, money=Money(recorded_nanousd=10**9, recorded=1, unknown=1)))
    assert line_of(make_run(1, size_bytes=None)).rstrip().endswith("?")
    assert " 8:18 " in line_of(make_run(2, status="running", finished=None))


def test_cursor_mark_and_pin_are_signs_not_colours():
    line = line_of(make_run(1, pinned=True), cursor=True, marked=True)
    assert line.startswith("▌✓ ✔◆ ")


def test_the_title_sorted_by_has_an_arrow():
    placed = slots(118, {})
    assert "Started↓" in text_of(head_line(placed, Sort(), UNICODE))
    assert "↑Cost" in text_of(head_line(placed, Sort(field="cost", descending=False), UNICODE))


def test_a_group_s_head_has_its_sums():
    group = Group(id="ana", runs=12, running=2, money=Money(computed_nanousd=2 * 10**9, computed=1))
    line = text_of(group_line(Head(group, "session", True), slots(118, {}), Context(NOW, UNICODE, False), cursor=False))
    assert "▾ ana  12 runs  ● 2 running" in line
    assert "~$2.00" in line


TOTALS = Totals(
    runs=12_408,
    by_status={"running": 3, "waiting": 1, "lost": 1, "failed": 20},
    size_bytes=1_200_000_000,
    today=Money(recorded_nanousd=18_420_000_000, recorded=1),
)


def test_the_header_has_it_all_where_there_is_room():
    line = text_of(header_line(Facts("./data", TOTALS, "watching", 0.1), 140, UNICODE))
    assert "● 3 running  ◐ 1 waiting  ⚠ 1 lost  ✖ 20 failed │ 12,408 runs  1.2 GB │ today $18.42" in line
    assert line.endswith("watching 0.1s ago ")


@given(WIDTHS, st.sampled_from(["", "the data directory is gone"]))
def test_the_header_fits_and_keeps_the_place_and_the_trouble(width, problem):
    facts = Facts("./data", TOTALS, "polling", 3.0, problem)
    line = header_line(facts, width, UNICODE)
    assert width_of(line) == width
    assert (problem or "polling")[:20] in text_of(line)


def test_on_a_narrow_screen_a_long_path_gives_way_to_what_goes_on():
    line = text_of(header_line(Facts("/var/tmp/a-long-way/to/flightlog-data", TOTALS, "watching", 0.1), 80, UNICODE))
    assert "● 3  ◐ 1  ⚠ 1  ✖ 20" in line
    assert "/to/flightlog-data " in line
    tight = text_of(header_line(Facts("odd", TOTALS, "watching", 0.1), 40, UNICODE))
    assert tight.startswith(" odd   ● 3  ◐ 1") and "flightlog" not in tight


def test_what_was_spent_today_goes_after_the_title_and_most_of_the_path():
    facts = Facts("/var/tmp/flightlog-demo-7k4pup5h", TOTALS, "watching", 0.2)
    line = text_of(header_line(facts, 80, UNICODE))
    assert line.startswith(" …htlog-demo-7k4pup5h   ● 3") and "│ today $18.42" in line
    assert "…mo-7k4pup5h   ● 3  ◐ 1  ⚠ 1  ✖ 20 │ today $18.42" in text_of(header_line(facts, 66, UNICODE))


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("name", ["odd", "/var/tmp/a-long-way/to/flightlog-data"])
def test_what_needs_a_person_gives_way_to_no_path_and_no_title(width, name):
    rate = Rate(tokens=3_000, money=Money(recorded_nanousd=175_000_000, recorded=1))
    facts = Facts(name, TOTALS, "watching", 0.1, budget=[("◉ budget spent", "bad")], rate=rate)
    line = text_of(header_line(facts, width, UNICODE))
    assert "● 3  ◐ 1  ⚠ 1  ✖ 20 " in line
    assert ("◉ budget spent" in line) is (width >= 60)
    assert line.endswith("0.1s ago ")
    kept = text_of(header_line(facts._replace(read_only=True), width, UNICODE))
    assert "read-only" in kept or width == 40


def test_rows_that_failed_are_told_before_what_a_narrow_column_cuts_off():
    run = make_run(0, status="completed", objective="label all the tickets of the week", items=24, items_failed=3)
    assert "3 of 24 items fa" in line_of(run, 78)
    assert "rank 2/5 · 3 of 24 items failed" in line_of(
        make_run(0, status="running", current_step="rank", steps=5, steps_done=2, items=24, items_failed=3)
    )


@given(WIDTHS)
def test_titles_are_never_broken_with_an_ellipsis(width):
    line = text_of(head_line(slots(width, {}), Sort(), UNICODE))
    assert "…" not in line or width < 60


def test_a_problem_stands_where_freshness_stood():
    line = text_of(header_line(Facts("./data", TOTALS, "watching", 1.0, "the data directory is gone"), 120, UNICODE))
    assert "the data directory is gone" in line
    assert "watching" not in line


def step(n: int, **facts: object) -> Step:
    given_ = {"started": from_seconds(START + n), "finished": from_seconds(START + n + 1), "status": "completed"}
    return Step(**{"run": "r", "id": f"s{n}", "name": f"step {n}", **given_, **facts})


def test_the_preview_draws_steps_as_a_tree_on_one_scale():
    run = make_run(0, finished=from_seconds(START + 4))
    steps = (step(0), step(1, parent="s0"), step(2, parent="s0"), step(3))
    lines = [text_of(line) for line in preview_lines(Previewed(run, steps), 100, 9, NOW, UNICODE)]
    assert lines[0].startswith("✔ step 0")
    assert lines[1].startswith("├ ✔ step 1")
    assert lines[2].startswith("└ ✔ step 2")
    starts = [line.index("▇") for line in lines]
    assert starts == sorted(starts)
    assert len(set(starts)) == 4


def test_the_preview_draws_the_steps_of_a_lost_run_to_its_last_event_and_not_to_now():
    run = make_run(0, status="lost", finished=None, last_event=from_seconds(START + 4))
    steps = (step(0), step(1, status="running", finished=None))
    for later in (10, 1_000_000):
        lines = preview_lines(Previewed(run, steps), 100, 9, START + later, UNICODE)
        first, second = (text_of(line) for line in lines[-2:])
        assert " 0:03 " in second and first.count("▇") > 10


def test_the_preview_shows_the_steps_where_something_happens():
    run = make_run(0, status="running", finished=None)
    steps = tuple(step(n) if n != 20 else step(n, status="failed", error="Timeout: slow") for n in range(40))
    lines = [text_of(line) for line in preview_lines(Previewed(run, steps), 100, 6, NOW, UNICODE)]
    assert any("step 20" in line and "Timeout: slow" in line for line in lines)
    assert len(lines) == 6


def test_the_preview_of_a_lost_run_gives_the_evidence():
    run = make_run(0, status="lost", evidence="pid 4312 is gone; last event 12 min ago", finished=None)
    first, *_ = preview_lines(Previewed(run), 100, 6, NOW, UNICODE)
    assert "lost  pid 4312 is gone; last event 12 min ago" in text_of(first)


@given(st.integers(10, 200), st.integers(1, 20), st.integers(0, 30), st.integers(0, 8))
def test_the_preview_keeps_to_its_height_and_log_has_its_place(width, height, steps, logs):
    run = make_run(0, status="failed", error="x", objective="y", damaged=1)
    entries = tuple(LogEntry(run="r", seq=n, t=from_seconds(NOW), level="INFO", message=f"m{n}") for n in range(logs))
    found = Previewed(run, tuple(step(n) for n in range(steps)), entries)
    for glyphs in (UNICODE, ASCII):
        lines = preview_lines(found, width, height, NOW, glyphs)
        assert len(lines) <= max(height, 1)
        if height >= 5 and logs:
            assert f"m{logs - 1}" in text_of(lines[-1])


def test_the_log_of_an_old_run_keeps_its_times_whole():
    old = from_seconds(NOW - 400 * 86_400)
    entry = LogEntry(run="r", seq=1, t=old, level="ERROR", message="it broke")
    shown = text_of(preview_lines(Previewed(make_run(0), (), (entry,)), 80, 9, NOW, UNICODE)[-1])
    assert shown.startswith(f"{datetime.fromisoformat(old).astimezone():%H:%M:%S} ERROR ")


def test_a_step_that_is_its_own_ancestor_hangs_nobody():
    run = make_run(0)
    found = Previewed(run, (step(0, parent="s0"), step(1, parent="s2"), step(2, parent="s1")))
    assert preview_lines(found, 80, 9, NOW, UNICODE)


@given(st.integers(20, 200))
def test_the_bottom_line_always_has_help_and_quit(width):
    keys = [key for key in offered(("runs", "app"), read_only=False) if key.footer]
    names = [key.id for key, _, _ in key_spans(keys, width)]
    last = ["app.help", "app.palette", "app.quit"] if width >= NARROW else ["app.help", "app.quit"]
    assert names[-len(last) :] == last
    assert "app.back" not in names or {key.id for key in keys} == set(names)  # it takes no other's room
    assert {key.id for key in keys} == {key.id for key, _, _ in key_spans(keys, 400)}
    assert [name for name in names if name.startswith("runs.")] == [
        key.id for key in RUNS if key.footer and key.id in names
    ]


def test_times_of_today_leave_their_room_to_what_a_run_is_about():
    about = "sort the inbox: " + "x" * 60
    with pretending(lambda: int(START + 60) * 10**9):
        today, older = (make_run(0, objective=about, started=from_seconds(START - ago)) for ago in (0, 3 * 86_400))
        assert line_of(today).count("x") == line_of(older).count("x") + len(" Jan")
        assert line_of(today, 78).count("x") == line_of(older, 78).count("x")
