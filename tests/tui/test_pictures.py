"""The committed pictures are what the program shows."""

import subprocess
import sys
from pathlib import Path

import pytest

SHOWN = Path(__file__).resolve().parents[2] / "screenshots"


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
