"""The committed pictures are what the program shows."""

import subprocess
import sys
from pathlib import Path

import pytest
from flightlog.tui.demo.pictures import asked

SHOWN = Path(__file__).resolve().parents[2] / "screenshots"


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["shots", "run"], 2), (["--shots"], 2)])
def test_who_asks_for_help_or_for_what_there_is_not_gets_no_picture(words, code, capsys):
    with pytest.raises(SystemExit) as ended:
        asked(words)
    told = "".join(capsys.readouterr())
    assert ended.value.code == code and "usage: python -m flightlog.tui.demo.pictures" in told


def test_pictures_are_taken_into_the_folder_that_is_named():
    assert vars(asked([])) == {"folder": "screenshots", "names": []}
    assert vars(asked(["shots", "runs", "live"])) == {"folder": "shots", "names": ["runs", "live"]}


@pytest.mark.heavy
@pytest.mark.timeout(400)
def test_the_pictures_are_up_to_date(tmp_path):
    subprocess.run([sys.executable, "-m", "flightlog.tui.demo.pictures", tmp_path], check=True, timeout=300)
    taken = {picture.name: picture.read_text() for picture in tmp_path.glob("*.svg")}
    committed = {picture.name: picture.read_text() for picture in SHOWN.glob("*.svg")}
    assert len(taken) > 10
    assert sorted(taken) == sorted(committed), "run: python -m flightlog.tui.demo.pictures"
    stale = [name for name in sorted(taken) if taken[name] != committed[name]]
    assert not stale, f"run: python -m flightlog.tui.demo.pictures screenshots {' '.join(n[:-4] for n in stale)}"
