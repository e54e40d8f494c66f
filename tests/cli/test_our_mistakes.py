"""A mistake of our own in a verb: one sentence for the person, a report for whoever mends it."""

from click.testing import CliRunner
from flightlog.tui.cli import runs
from flightlog.tui.cli.main import main


def test_nobody_is_shown_a_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def wrong(*words: object, **options: object) -> None:
        raise ZeroDivisionError("of\x1b[2J ours")

    monkeypatch.setattr(runs.ls, "callback", wrong)
    result = CliRunner().invoke(main, ["ls", "--data", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1 and "flightlog made a mistake and ended" in result.stderr
    (report,) = (tmp_path / "state" / "flightlog" / "crashes").iterdir()
    assert "ZeroDivisionError" in report.read_text() and "\x1b" not in report.read_text()
