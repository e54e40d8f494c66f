"""What is looked for in a log, how it is gone through, and times as people type them: plain Python."""

import itertools
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from flightlog.core.clock import from_seconds
from flightlog.core.events import LEVELS
from flightlog.core.log_words import phrase
from flightlog.core.logs import CutEntry, LogEntry, LogFilter
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.logs import sweep
from flightlog.tui.logs.copying import as_text
from flightlog.tui.logs.entry import CHUNK, Whole, entry_nodes, json_in
from flightlog.tui.logs.moments import moment_of
from flightlog.tui.logs.pattern import GLANCE_S, LogPattern
from flightlog.tui.logs.status import LogStatus
from flightlog.tui.logs.sweep import TOO_SLOW, Bars, Hits
from flightlog.tui.logs.window import LONG, LogReading, held
from hypothesis import given
from hypothesis import strategies as st

CATASTROPHE = "/(a|aa)+$"
SLOW = "a" * 60 + "b"


def entry(seq: int, message: str = "m", at: float | None = None, level: str = "INFO", **more: object) -> LogEntry:
    return LogEntry(
        run="r", seq=seq, t=from_seconds(1e9 + (seq if at is None else at)), level=level, message=message, **more
    )


class Logs:
    """As much of a repository of logs as a reading needs, and a count of the entries it gave."""

    def __init__(self, entries: list[LogEntry]) -> None:
        self.entries, self.given, self.calls = entries, 0, 0

    def query(self, run, filter=LogFilter(), *, limit=200, after=None, before=None, longest=None):
        self.calls += 1
        kept = [one for one in self.entries if filter.accepts(one) and (before is None or one.seq < before)]
        kept = kept[-limit:] if after is None else [one for one in kept if one.seq > after][:limit]
        self.given += len(kept)
        return kept


# --- patterns ---------------------------------------------------------------------------------------


def test_plain_text_and_expressions_find_without_regard_to_case():
    assert LogPattern("Rate LIMIT").finds("a rate limit")
    assert LogPattern("a.c").finds("xa.cx")
    assert not LogPattern("a.c").finds("abc")
    assert LogPattern("/a.c/").finds("xABCx")
    assert LogPattern("/^took \\d+ ms$").finds("took 12 ms")
    assert not LogPattern("")
    assert not LogPattern("/").finds("x")
    assert LogPattern("/").finds("a/b")


@pytest.mark.parametrize(
    "message",
    [
        "Two Words together",
        "two  words\twith tab",
        "two\nwords over lines",
        'he said "two words" loud',
        "two-words hyphen",
        "two_words under",
        "two, words",
        "two wordsmiths",
    ],
)
@pytest.mark.parametrize(
    "typed", ["two words", "Two  WORDS", '"two words"', '"two" words', "two word", "two word*", '"two wor"*']
)
def test_words_are_found_whatever_stands_between_them_as_log_and_search_find_them(typed, message):
    pattern = LogPattern(typed)
    assert pattern.finds(message)
    assert any(ink == "match" for _, ink in pattern.lit([(message, "text")]))


def test_what_log_finds_by_words_is_found_in_the_log_and_other_signs_are_looked_for_as_they_stand():
    for typed, message in itertools.product(["éclair", "STRASSE", "größe 12", "v1", "naïve plan"], MESSAGES):
        if phrase(typed).accepts(message):
            assert LogPattern(typed).finds(message), (typed, message)
    assert LogPattern("éclair").finds("e\u0301clair")
    assert not LogPattern("words two").finds("two words")
    assert not LogPattern("two words").finds("two other words")
    assert not LogPattern("C++").finds("C and C#")
    assert not LogPattern("two.words").finds("two-words")


MESSAGES = (
    "e\u0301clair",
    "\u00e9clair",
    "Straße",
    "ÜBER straße Größe 12",
    "v1.2.3",
    "a NAÏVE, plan",
    "nai\u0308ve plan",
)


def test_who_typed_an_expression_as_a_text_that_is_nowhere_is_told_how_it_is_looked_for():
    assert LogPattern("retry|rate").nowhere == "retry|rate is not in the log; as an expression it is /retry|rate/"
    assert LogPattern("/retry|rate/").nowhere == "/retry|rate/ is not in the log"
    assert LogPattern("what?").nowhere == "what? is not in the log"


@pytest.mark.parametrize(("typed", "place"), [("/a(b", "2"), ("/a[b", ""), ("/*", "1"), ("/a{2,1}", "")])
def test_a_bad_expression_says_why_and_where(typed, place):
    pattern = LogPattern(typed)
    assert not pattern
    assert pattern.problem.startswith("no regular expression: ")
    assert "at character" in pattern.problem
    assert not pattern.finds("ab")


@given(st.text("/ab(|)*+?[]{}\\^$.", max_size=12), st.text("abAß/", max_size=30))
def test_whatever_is_typed_neither_fails_nor_changes_a_line(typed, text):
    line = LogPattern(typed).lit([(text, "text")])
    assert "".join(part for part, _ in line) == text
    LogPattern(typed).finds(text)


def test_a_catastrophe_ends_and_holds_up_no_other_thread():
    pattern, ticks, done = LogPattern(CATASTROPHE), [0], threading.Event()

    def tick() -> None:
        while not done.wait(0.001):
            ticks[0] += 1

    other = threading.Thread(target=tick)
    other.start()
    with pytest.raises(TimeoutError):
        pattern.finds(SLOW)
    done.set()
    other.join()
    assert ticks[0] > 3
    assert pattern.lit([(SLOW, "text")]) == [(SLOW, "text")]
    began = time.thread_time()
    for _ in range(200):  # it gave up lighting, once and for all
        pattern.lit([(SLOW, "text")])
    assert time.thread_time() - began < 200 * GLANCE_S


# --- sweeps -----------------------------------------------------------------------------------------


def swept(sweep, logs):
    while not (sweep.whole or sweep.ended):
        sweep.go_on(logs, "r")
    return sweep


@given(st.lists(st.sampled_from("ab"), max_size=40), st.integers(0, 45))
def test_hits_tell_their_number_and_their_neighbours(letters, here):
    logs = Logs([entry(n, letter) for n, letter in enumerate(letters, 1)])
    hits = swept(Hits(LogFilter(), LogPattern("a")), logs)
    wanted = [n for n, letter in enumerate(letters, 1) if letter == "a"]
    assert list(hits.seqs) == wanted
    assert hits.next(here, 1) == next((n for n in wanted if n > here), None)
    assert hits.next(here, -1) == next((n for n in reversed(wanted) if n < here), None)
    if here in wanted:
        assert hits.told(here) == f"{wanted.index(here) + 1} of {len(wanted)}"
    else:
        assert hits.told(here) == f"{len(wanted)} {'hit' if len(wanted) == 1 else 'hits'}"


def test_an_unfinished_count_says_so_and_does_not_guess():
    hits = Hits(LogFilter(), LogPattern("a"))
    hits.take([entry(n, "a") for n in range(1, 215)])
    hits.upto = 214
    assert hits.told(3) == "3 of 214+"
    assert hits.next(900, -1) is None
    assert hits.next(100, -1) == 99


def test_how_much_of_a_long_log_was_searched_is_told_until_nearly_all_is(monkeypatch):
    logs = Logs([entry(n, "a") for n in range(1, 10_001)])
    hits = Hits(LogFilter(), LogPattern("a"))
    monkeypatch.setattr(sweep, "PAGE", 1300)
    monkeypatch.setattr(sweep, "PORTION_S", 1.5)
    told, clock = [], count()
    monkeypatch.setattr(sweep, "time", SimpleNamespace(monotonic=lambda: next(clock)))  # a portion is one page
    while not hits.whole:
        hits.go_on(logs, "r")
        told.append(hits.percent)
    assert told == [13, 26, 39, 52, 65, 78, 91, None]
    assert logs.given == 10_000 + 7
    hits.whole, hits.upto, hits.newest = False, 99_000, 100_000
    assert hits.percent is None


@pytest.mark.parametrize(("searched", "words"), [(43, "3+ hits in 43%  n N"), (None, "3+ hits  n N")])
def test_the_line_below_tells_in_how_much_of_the_log_hits_were_counted(searched, words):
    found = {"hits": "3+ hits", "searched": searched, "slow": 0, "counts": {"INFO": 9}, "pattern": LogPattern("a")}
    status = LogStatus(following=False, seq=1, unseen=False, filter=LogFilter(), step="", **found)
    told = "".join(text for text, _ in status.draw(100, UNICODE))
    assert words in told and "search a  3+" in told  # and not /a, which would be an expression


def test_each_entry_is_read_once_also_when_new_ones_come():
    logs = Logs([entry(n, "a") for n in range(1, 5501)])
    hits = swept(Hits(LogFilter(), LogPattern("a")), logs)
    assert logs.given == 5500
    logs.entries.append(entry(5501, "a"))
    hits.whole = False
    swept(hits, logs)
    assert logs.given == 5501
    assert len(hits.seqs) == 5501


def test_a_search_that_takes_too_long_is_given_up_and_counted():
    hits = swept(Hits(LogFilter(), LogPattern(CATASTROPHE)), Logs([entry(n, SLOW) for n in range(1, 100)]))
    assert hits.slow == TOO_SLOW
    assert hits.ended


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from(LEVELS)), min_size=1, max_size=60),
    st.integers(1, 120),
)
def test_bars_count_every_entry_once_whatever_their_width(moments, width):
    entries = [entry(n, at=at, level=level) for n, (at, level) in enumerate(sorted(moments), 1)]
    bars = swept(Bars(LogFilter()), Logs(entries))
    cells = bars.cells(width)
    assert len(cells) <= width
    assert [sum(level) for level in zip(*cells, strict=True)] == [
        sum(one.level == level for one in entries) for level in LEVELS
    ]
    for one in entries:
        moment = datetime.fromisoformat(one.t).timestamp()
        cell = bars.cell_of(moment, width)
        assert cells[cell][LEVELS.index(one.level)]
        assert bars.moment_of(cell, width) <= moment + 1e-3
        assert moment <= bars.end + 1e-3


def test_a_clock_that_goes_backwards_loses_no_entry():
    bars = swept(Bars(LogFilter()), Logs([entry(1, at=100), entry(2, at=50), entry(3, at=101)]))
    assert sum(map(sum, bars.cells(80))) == 3


# --- times ------------------------------------------------------------------------------------------

HERE = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
FIRST = HERE - timedelta(hours=3)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("+5m", HERE + timedelta(minutes=5)),
        ("-1h30m", HERE - timedelta(minutes=90)),
        ("- 90", HERE - timedelta(seconds=90)),
        ("23:30", datetime(2026, 11, 19, 23, 30, tzinfo=UTC)),
        ("0:07:12.5", datetime(2026, 11, 20, 0, 7, 12, 500_000, tzinfo=UTC)),
        ("21:05", datetime(2026, 11, 19, 21, 5, tzinfo=UTC)),
        ("2026-11-20T10:03", datetime(2026, 11, 20, 10, 3, tzinfo=UTC)),
        ("2026-11-20T10:03+02:00", datetime(2026, 11, 20, 8, 3, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
    ],
)
def test_times_as_people_type_them(typed, wanted):
    assert moment_of(typed, HERE, FIRST) == wanted


@pytest.mark.parametrize(
    "typed", ["", "soon", "25:00", "10:61", "+", "+5x", "-999999999999d", "10:03:99", "99999-01-01"]
)
def test_what_is_no_time_says_what_is(typed):
    with pytest.raises(ValueError, match="like 10:03"):
        moment_of(typed, HERE, FIRST)


@given(st.text("0123456789:+-mhdT.", max_size=12))
def test_whatever_is_typed_as_a_time_is_one_or_is_refused(typed):
    with suppress(ValueError):
        assert moment_of(typed, HERE, FIRST).tzinfo


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.integers(-5, 60))
def test_a_time_leads_to_its_first_entry_by_few_reads(seconds, wanted):
    logs = Logs([entry(2 * n, at=at) for n, at in enumerate(sorted(seconds), 1)])
    shown = LogReading(logs, "r", LogFilter()).at(from_seconds(1e9 + wanted)).show
    later = [one.seq for one in logs.entries if one.t >= from_seconds(1e9 + wanted)]
    assert shown == (later[0] if later else logs.entries[-1].seq)
    assert logs.calls < 12


# --- the page about an entry ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ('{"a": 1}', ("", {"a": 1})),
        ('answer: [1, {"b": 2}]', ("answer: ", [1, {"b": 2}])),
        ('[info] got {"a": 1}', ("[info] got ", {"a": 1})),
        ("no json", ("no json", None)),
        ("{broken", ("{broken", None)),
        ("[" * 100_000, ("[" * 100_000, None)),
    ],
)
def test_json_in_a_message_is_found_at_its_end(message, found):
    assert json_in(message) == found


def test_a_long_message_is_held_in_part_and_read_a_piece_at_a_time():
    long = entry(1, "é" * 250_000)
    short = held(long)
    assert isinstance(short, CutEntry)
    assert len(short.message) == LONG
    assert short.size == 500_000
    assert held(short).size == 500_000
    nodes = {node.key: node for node in entry_nodes(short, {}, Whole(1, CHUNK, "é" * CHUNK, 250_000, {"n": 1}))}
    assert nodes["before"].target == 0
    assert nodes["after"].target == 2 * CHUNK
    assert "100,001 to 200,000 of 250,000" in str(nodes["message"].line)
    assert "details" in nodes


def test_what_is_copied_is_what_is_seen():
    text, told = as_text(entry(1, "red \x1b[31m \u202e", details={"n": 1}), {})
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert '{"n":1}' in text
    assert told == "Copied the entry"
    assert "100,000 of" in as_text(entry(1, "x" * 200_000), {})[1]
