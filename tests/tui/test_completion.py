"""What tab completes in the filter."""

import pytest
from flightlog.tui.query.completion import Unfinished, candidates, common, unfinished
from little_store import Runs, make_run


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("work", Unfinished(0, "", "work")),
        ("a work", Unfinished(2, "", "work")),
        ("-sta", Unfinished(1, "", "sta")),
        ("(sta", Unfinished(1, "", "sta")),
        ("status:fa", Unfinished(7, "status", "fa")),
        ("x status:failed|lo", Unfinished(16, "status", "lo")),
        ("version>=3", Unfinished(9, "version", "3")),
        ("http://x", Unfinished(0, "", "http://x")),
        ("", Unfinished(0, "", "")),
        ("a metric.sc", Unfinished(9, "metric.", "sc")),
        ("metric.score>0", Unfinished(13, "metric", "0")),
        ("call.mo", Unfinished(5, "call.", "mo")),
        ("call.model:gp", Unfinished(11, "model", "gp")),
        ('session:"ana b', Unfinished(8, "session", "ana b", quoted=True)),
        ('"two words', Unfinished(5, "", "words")),
        ("x @sl", Unfinished(3, "@", "sl")),
        ("-@", Unfinished(2, "@", "")),
        ("@a|@b", Unfinished(4, "@", "b")),
        ('@"my o', Unfinished(1, "@", "my o", quoted=True)),
        ("tag:a|@b", Unfinished(6, "tag", "@b")),
    ],
)
def test_the_piece_before_the_cursor(text, piece):
    assert unfinished(text, len(text)) == piece


def test_keys_come_with_the_sign_that_follows():
    assert candidates(Unfinished(0, "", "workf"), None) == ["workflow:"]
    assert candidates(Unfinished(0, "", "pin"), None) == ["pinned"]
    assert candidates(Unfinished(0, "", "toke"), None) == ["tokens>"]
    assert candidates(Unfinished(0, "", ""), None)[:2] == ["status:", "workflow:"]
    assert candidates(Unfinished(0, "call.", "m"), None) == ["model:"]
    assert candidates(Unfinished(0, "since", "2"), None) == ["24h"]
    assert candidates(Unfinished(1, "@", ""), None, {"slow", "my own", 'say "x"'}) == ['"my own"', "slow"]


def test_values_are_those_that_occur_and_are_quoted_where_they_must_be():
    runs = Runs([make_run(1, session="ana b"), make_run(2, session="ann"), make_run(3, session="\x1b[2J")])
    assert candidates(Unfinished(0, "session", "an"), runs) == ['"ana b"', "ann"]
    assert candidates(Unfinished(0, "session", ""), runs) == ['"ana b"', "ann"]
    assert candidates(Unfinished(0, "status", "f"), None) == ["failed", "finished"]


def test_the_shared_beginning():
    assert common([]) == ""
    assert common(["flow-1", "flow-2"]) == "flow-"
    assert common(["a"]) == "a"
    assert common(["a", "ab"]) == "a"
