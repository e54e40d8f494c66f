"""What a person is told while a large store is read for the first time."""

import threading

from flightlog.core.progress import Standing
from flightlog.tui.cli import opening
from flightlog.tui.widgets import empty


class Slow:
    """A store whose first answer takes its time, and then some."""

    def __init__(self, *standings: Standing | None) -> None:
        self._standings = iter(standings)

    def catching_up(self) -> Standing | None:
        return next(self._standings)


def test_a_verb_says_what_it_waits_for_and_stops(capsys, monkeypatch):
    for name in ("AT_FIRST_S", "AGAIN_S"):
        monkeypatch.setattr(opening, name, 0.001 if name == "AT_FIRST_S" else 0.002)
    opening._tell(Slow(None, Standing(10, 40, 1.0), Standing(20, 40, 2.0), None), threading.Event())
    assert capsys.readouterr().err.splitlines() == [
        "flightlog: 10 of 40 journals read, 0:03 left",
        "flightlog: 20 of 40 journals read, 0:02 left",
    ]


def test_a_quick_verb_says_nothing(capsys):
    over = threading.Event()
    over.set()
    opening._tell(Slow(), over)
    assert capsys.readouterr().err == ""


def test_the_browser_says_how_far_it_has_come():
    shown = ["".join(text for text, _ in line) for line in empty.opening("data", "*", Standing(30_000, 100_000, 3.0))]
    assert shown == ["* opening data", "  30,000 of 100,000 journals read, 0:07 left"]
    assert len(empty.opening("data", "*", Standing(0, 1, 0.5))) == 1
