"""Completion as a real bash does it: words it cuts at `:`, signs that would redirect, keys whose value is to come."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time

import pytest
from flightlog.tui.cli.shells import Zsh, word_at

BASH = shutil.which("bash") or "bash"
END = "|end|"


@pytest.fixture
def bash(data, tmp_path):
    """A bash at a terminal, with the program's completion as the README installs it; presses keys, tells the line."""
    bin = tmp_path / "bin"
    bin.mkdir()
    program = bin / "flightlog"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m flightlog "$@"\n')
    program.chmod(0o755)
    env = os.environ | {
        "PATH": f"{bin}:{os.environ['PATH']}",
        "FLIGHTLOG_DATA": str(data),
        "TERM": "dumb",
        "PS1": "",
        "INPUTRC": "/dev/null",
    }
    pid, terminal = pty.fork()
    if not pid:
        os.execve(BASH, [BASH, "--norc", "--noprofile", "-i"], env)

    def until(word: str) -> str:
        seen, end = "", time.monotonic() + 30
        while word not in seen:
            assert time.monotonic() < end, seen
            if select.select([terminal], [], [], 0.2)[0]:
                seen += os.read(terminal, 4096).decode()
        return seen

    def press(line: str) -> str:
        os.write(terminal, f"{line}\t{END}".encode())
        shown = until(END).partition(END)[0]
        os.write(terminal, b"\x15\x0b")
        return shown.rpartition("flightlog ")[2].replace("\x07", "")

    # Not before it asks for the next line: what is typed earlier is echoed by the terminal, and no key of its own.
    os.write(terminal, b'eval "$(_FLIGHTLOG_COMPLETE=bash_source flightlog)"; PS1=rea""dy\n')
    until("ready")
    yield press
    os.close(terminal)
    os.waitpid(pid, 0)


def test_a_query_completes_in_bash_up_to_its_values(bash):
    for typed, becomes in (
        ("ls stat", "ls status:"),
        ("ls status:fa", "ls status:failed "),
        ("ls 'status:fa", "ls 'status:failed' "),
        ('ls "status:fa', 'ls "status:failed" '),
        ("ls cos", "ls cost\\>"),
        ("ls cost\\>1 workflow:t", "ls cost\\>1 workflow:triage "),
        ("version triage@1", "version triage@1 "),
        ("ls --li", "ls --limit "),
        ("arch", "archive "),
    ):
        assert bash(f"flightlog {typed}") == becomes


@pytest.mark.parametrize(
    ("line", "text", "quote"),
    [
        ("ls status:fa", "status:fa", ""),
        ("ls ", "", ""),
        ("ls 'a b", "a b", "'"),
        ('ls "a \\"b', 'a "b', '"'),
        ("ls cost\\>1", "cost>1", ""),
        ("ls x'y z'w", "xy zw", ""),
        ("ls 'back\\", "back\\", "'"),
        ("ls back\\", "back", ""),
    ],
)
def test_a_word_is_what_its_quotes_mean(line, text, quote):
    assert word_at(line) == (text, quote)


def test_zsh_puts_no_blank_behind_a_key_whose_value_is_to_come():
    assert "compadd -U -V open -S ''" in Zsh.source_template


def test_a_script_of_before_is_answered_as_before(data):
    told = {
        "COMP_WORDS": "flightlog ls stat",
        "COMP_CWORD": "2",
        "_FLIGHTLOG_COMPLETE": "bash_complete",
        "FLIGHTLOG_DATA": str(data),
    }
    done = subprocess.run(
        [sys.executable, "-m", "flightlog"], env=os.environ | told, capture_output=True, text=True, check=True
    )
    assert done.stdout == "plain,status:\n" and not done.stderr
