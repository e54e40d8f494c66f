"""What is written beside a configuration before it takes its place, and what kills have left of that."""

import os
import subprocess
import sys

from flightlog.backends.configuration.beside import write_beside


def test_whoever_writes_next_takes_away_what_those_left_who_are_gone(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    file = tmp_path / "flightlog.yaml"
    left = tmp_path / f".flightlog.yaml.{gone.pid}.new"
    others = [
        tmp_path / f".flightlog.yaml.{os.getppid()}.new",
        tmp_path / f".other.yaml.{gone.pid}.new",
        tmp_path / ".flightlog.yaml.mine.new",
        tmp_path / f"flightlog.yaml.{gone.pid}.new",
    ]
    for path in (left, *others):
        path.write_text("half")
    beside = write_beside(file, "text", "writing it", "make room")
    assert beside.read_text() == "text"
    assert not left.exists() and all(path.exists() for path in others)


def test_a_number_that_no_process_can_have_is_gone_and_what_cannot_be_taken_away_hinders_nobody(tmp_path):
    file = tmp_path / "flightlog.yaml"
    left, folder = tmp_path / f".flightlog.yaml.{10**30}.new", tmp_path / f".flightlog.yaml.{10**29}.new"
    left.touch()
    folder.mkdir()
    assert write_beside(file, "text", "writing it", "make room").read_text() == "text"
    assert folder.is_dir()
