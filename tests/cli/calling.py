"""Calls verbs as a person does, in this process."""

import json

from click.testing import CliRunner
from flightlog.tui.cli.main import main

HOSTILE = "\x1b]52;c;UFdORUQ=\x07\x1b[2J[/INST] [@click=app.quit]x[/] \u202etxt.exe\x9b31m"


def call(*words, code=0):
    """What a verb printed on stdout; its exit code must be `code`."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def lines_of(*words, code=0):
    return [json.loads(line) for line in call(*words, code=code).splitlines()]


def run_of(data, name):
    """The id of the run of that name."""
    (run,) = call("ls", "--ids", f"name:{name}", "--data", data).split()
    return run
