"""The board of live runs: what is on it, in which order, and how its lines tell it."""

import pytest
from flightlog.core.clock import from_seconds
from flightlog.core.costs import NANO, Money
from flightlog.core.logs import LogEntry
from flightlog.core.numbers.rates import Rates
from flightlog.core.runs import Approval, Doing, Step
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.lines import width_of
from flightlog.tui.live.board import FAILED_FOR, LOST_FOR, Board, grouped
from flightlog.tui.live.page import LivePage, done_of, place_of
from flightlog.tui.live.pane import Look, group_lines, pane_lines
from little_store import make_run, run_id

NOW = 1_800_100_000.0
NASTY = "\x1b]0;owned\x07[/INST] [@click=app.quit]x[/] \u202eevil\u202c\nline"


def run(n, status, quiet=1.0, began=100.0, **facts):
    given = {"started": from_seconds(NOW - began), "finished": None, "last_event": from_seconds(NOW - quiet)}
    return make_run(n, status=status, last_seq=n + 1, **{**given, **facts})


def text_of(line):
    return "".join(text for text, _ in line)


def order(board, now=NOW):
    return [(entry.run.id, entry.need) for entry in board.entries(now)]


def test_what_needs_a_person_comes_first():
    board = Board()
    made = [
        run(0, "running", quiet=2, began=500),
        run(1, "running", quiet=1, began=50),
        run(2, "running", quiet=61),
        run(3, "running", quiet=900, began=2000),
        run(4, "failed", quiet=30),
        run(5, "failed", quiet=5),
        run(6, "lost", quiet=300),
        run(7, "waiting", quiet=10),
        run(8, "waiting", quiet=90_000, began=90_001),
        run(9, "completed"),
        run(10, "paused"),
        run(11, "pending", began=1),
        run(12, "lost", quiet=LOST_FOR + 1),
        run(13, "failed", quiet=FAILED_FOR + 1),
    ]
    board.begin(made, NOW)
    wanted = [(8, "waiting"), (7, "waiting"), (3, "stuck"), (2, "stuck")]
    wanted += [(11, "running"), (1, "running"), (0, "running"), (5, "failed"), (4, "failed"), (6, "lost")]
    assert order(board) == [(run_id(n), need) for n, need in wanted]
    # Time goes by: one more is stuck, what failed and was lost goes away by itself.
    later = dict(order(board, NOW + 59.5))
    assert later[run_id(1)] == "stuck"
    assert {need for _, need in order(board, NOW + LOST_FOR)} == {
        "waiting",
        "stuck",
        "running",
    }  # the last has not begun


def test_what_is_over_takes_a_line_a_workflow_below_all_that_runs():
    board = Board()
    lost = [run(n, "lost", quiet=300 + n, workflow="sums", evidence=f"pid {n} is gone") for n in range(90)]
    board.begin([*lost, run(90, "lost", workflow="other"), run(91, "failed", workflow="sums"), run(92, "running")], NOW)
    entries = board.entries(NOW)
    folded = grouped(entries, ())
    assert [getattr(line, "need", None) for line in folded] == ["running", "failed", "lost", "lost"]
    group = folded[-1]
    assert (group.key, len(group.entries), group.entries[0].run.id) == (("lost", "sums"), 90, run_id(0))
    told = lines(LivePage(folded, {}, Rates(), frozenset(), NOW, UNICODE))[-1]
    assert all(word in told for word in ("90 lost", "sums", "the newest: pid 0 is gone", "5 min"))
    narrow = lines(LivePage(folded, {}, Rates(), frozenset(), NOW, UNICODE), 78)[-1]
    assert "90 lost" in narrow and "sums" in narrow  # where there is no room for the workflow's column
    pane = [text_of(line) for line in group_lines(group, 5, NOW, UNICODE)]
    assert len(pane) == 5 and "pid 3 is gone" in pane[3] and "86 more" in pane[4]
    unfolded = grouped(entries, {group.key})
    assert [line.run.id for line in unfolded[4:]] == [run_id(n) for n in range(90)]
    assert unfolded[:3] == folded[:3] and len(lines(LivePage(unfolded, {}, Rates(), frozenset(), NOW, ASCII))) == 94


def test_what_ends_leaves_and_what_fails_stays_a_while():
    board = Board()
    board.begin([run(0, "running"), run(1, "running"), run(2, "running")], NOW)
    board.take([run(0, "completed"), run(1, "failed"), run(5, "failed"), run(6, "completed")], [run_id(2)], NOW)
    assert sorted(order(board)) == [(run_id(1), "failed"), (run_id(5), "failed")]
    board.begin([], NOW)
    assert order(board) == []


def step(id, began, parent=None, name=""):
    return Step(run="r", id=id, name=name or id, status="running", parent=parent, started=from_seconds(NOW - began))


def test_a_path_leads_to_the_oldest_step_that_is_open_inside():
    assert place_of(()) == ((), None, 0)
    nested = (step("gather", 90), step("web", 50, "gather"), step("wiki", 60, "gather"), step("fetch", 20, "wiki"))
    place = place_of(nested)
    assert (place.path, place.others) == (("gather", "web"), 1)
    assert NOW - place.since == pytest.approx(50)
    # What names itself, or each other, as parent is shown all the same.
    assert place_of((step("a", 5, "b"), step("b", 4, "a"))) == ((), None, 0)
    assert place_of((step("alone", 5, "who"),)).path == ("alone",)


def test_how_far_a_run_has_come_is_told_only_of_what_is_known_to_come():
    going = run(0, "running", steps=5, steps_done=3)
    open = (step("a", 5),)
    assert done_of(going, Doing(open=open)) == (3, 5)  # one is open, one is to come
    assert done_of(going, Doing(open=(*open, step("b", 4)))) == (3, 0)  # who knows what comes then
    assert done_of(going, Doing(items={"completed": 2, "failed": 1, "skipped": 1, "processing": 1, "pending": 3})) == (
        4,
        8,
    )
    board = Board()
    board.begin([run(0, "running", steps=8, steps_done=8)], NOW)
    (line,) = lines(page(board))
    assert "8 done" in line and "▇" not in line


def page(board, rates=None, doing=None, watched=(), glyphs=UNICODE):
    return LivePage(board.entries(NOW), doing or {}, rates or Rates(), frozenset(watched), NOW, glyphs)


def lines(found, width=118):
    assert all(width_of(found.line(n, width)) <= width for n in range(len(found.lines)))
    return [text_of(found.line(n, width)) for n in range(len(found.lines))]


def test_a_line_tells_where_the_run_is_and_what_it_spends():
    board, rates = Board(), Rates()
    board.begin([run(0, "running", began=400, name="inbox", money=Money(recorded_nanousd=NANO, recorded=2))], NOW)
    rates.add(run_id(0), NOW - 100, 5000, Money(recorded_nanousd=NANO // 10, recorded=1))
    doing = {run_id(0): Doing(open=(step("plan", 90), step("ask", 41, "plan")), items={"completed": 3, "pending": 2})}
    (line,) = lines(page(board, rates, doing, watched=[run_id(0)]))
    for word in ("◎", "inbox", "flow-0@1", "plan › ask", "0:41", "3/5", "▇▇▇···", "1.0k", "$1.20", "$1.00", "1s"):
        assert word in line
    rates.add(run_id(0), NOW - 90, 0, Money(unknown=1))
    assert "≥$1.20" in lines(page(board, rates, doing))[0]
    other = Rates()
    other.add(run_id(0), NOW - 90, 50, Money(unknown=1))
    assert " ? " in lines(page(board, other, doing))[0]


@pytest.mark.parametrize("width", [118, 78, 58])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_hostile_text_and_narrow_screens_break_nothing(width, glyphs):
    board = Board()
    odd = {"name": NASTY, "workflow": NASTY, "current_step": NASTY, "error": NASTY, "evidence": NASTY}
    statuses = ("running", "waiting", "lost", "failed")
    board.begin([run(n, status, **odd, objective=NASTY) for n, status in enumerate(statuses)], NOW)
    doing = {run_id(n): Doing(open=(step("s", 5, name=NASTY),)) for n in range(4)}
    found = page(board, None, doing, glyphs=glyphs)
    texts = lines(found, width)
    for entry in found.lines:
        asked = (Approval(run="r", id="a", question=NASTY, status="pending", requested=""),)
        logs = (LogEntry(run="r", seq=1, t=from_seconds(NOW), level="INFO", message=NASTY),)
        look = Look(entry.run, doing[entry.run.id], logs, asked)
        for height in (3, 6, 12):
            pane = pane_lines(look, entry, Rates().total(NOW), height, NOW, glyphs)
            assert len(pane) <= height
            texts += map(text_of, pane)
    assert all(text.isprintable() for text in texts)


def test_what_goes_on_breathes_and_what_is_silent_does_not():
    board = Board()
    board.begin([run(0, "running", quiet=0.5), run(1, "running", quiet=40)], NOW)
    seen = set()
    for later in range(4):
        now = NOW + later
        found = LivePage(board.entries(now), {}, Rates(), frozenset(), now, UNICODE)
        signs = {entry.run.id: found.sign(entry) for entry in found.lines}
        seen.add(signs[run_id(0)])
        assert signs[run_id(1)] == "●"
    assert seen == {"●", "◉", "○"}


@pytest.mark.parametrize("width", [36, 56, 76, 96, 116])
def test_what_a_run_is_at_keeps_its_room_on_every_screen(width):
    board = Board()
    failed = [run(n, "failed", workflow="sums", error="ValueError: no") for n in range(3, 35)]
    board.begin([run(0, "running", name="inbox", workflow="label-tickets"), *failed], NOW)
    doing = {run_id(0): Doing(open=(step("look for the price", 41),))}
    found = LivePage(grouped(board.entries(NOW), frozenset()), doing, Rates(), frozenset(), NOW, UNICODE)
    running, group = lines(found, width)
    assert ("look for the price"[:11] if width < 56 else "look for the pr") in running and "inbox" in running
    assert "0:41" in running and "32 failed" in group
    assert ("Tok/min" in text_of(found.head(width))) is (width >= 76)
    assert ("Cost" in text_of(found.head(width))) is (width >= 116)


def test_the_pane_tells_why_and_what_is_open_before_the_log():
    board = Board()
    board.begin([run(0, "running", quiet=75), run(1, "lost", evidence="pid 4312 is gone; last event 12 min ago")], NOW)
    stuck, lost = board.entries(NOW)
    logs = tuple(LogEntry(run="r", seq=n, t=from_seconds(NOW), level="INFO", message=f"entry {n}") for n in range(8))
    doing = Doing(open=tuple(step(f"s{n}", 100 - n) for n in range(9)))
    rate = Rates().total(NOW)
    told = [text_of(one) for one in pane_lines(Look(stuck.run, doing, logs), stuck, rate, 9, NOW, UNICODE)]
    assert "stuck?" in told[0] and "s0  open for 1:40" in told[1]
    assert any("more steps are open" in one for one in told)
    assert "entry 7" in told[-1] and len(told) == 9
    told = [
        text_of(one)
        for one in pane_lines(Look(lost.run, Doing(open=doing.open[:1]), logs), lost, rate, 9, NOW, UNICODE)
    ]
    assert "pid 4312 is gone; last event 12 min ago" in told[0] and "s0  open when it was lost" in told[1]
