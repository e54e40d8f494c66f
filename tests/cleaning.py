"""A store with a few runs of two workflows, which the verbs that clean up are called on."""

import json
from collections.abc import Callable
from pathlib import Path

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.annotations import Pinned
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import main

KINDS = ("file", "sqlite", pytest.param("postgres", marks=pytest.mark.heavy))
"""Ways of keeping a store."""
FEW_KINDS = ("file", *(pytest.param(kind, marks=pytest.mark.heavy) for kind in ("sqlite", "postgres")))
"""The same, where a test takes long."""


def made(kind: str, folder: Path, new_url: Callable[[], str]) -> tuple[str, str | None]:
    """A place for a store of a kind, and what to open it with for the first time."""
    if kind != "postgres":
        return str(folder), kind
    folder.mkdir()
    url = json.dumps(new_url())
    folder.joinpath("flightlog.yaml").write_text(
        f"storage: {{logs: {{type: postgres, url: {url}}}}}\narchive: {{path: archive}}\n"
    )
    return str(folder), None


class Place:
    """A store with a few runs, which verbs are called on."""

    def __init__(self, kind: str, folder: Path, new_url: Callable[[], str]) -> None:
        self.name, storage = made(kind, folder, new_url)
        with flightlog.open(self.name, storage=storage) as store:
            for number in range(4):
                with store.run("triage", name=f"night-{number}", session="ana") as run:
                    run.log("x" * 3000)
            store.run("report", name="bad").finish("failed")
            store.run("report", name="on", parent=store.runs.resolve("night-3"))
            store.runs.annotate(Pinned(run=store.runs.resolve("night-2")))
            self.ids = {run.name: run.id for run in store.runs.query(EVERYTHING).items}

    def call(self, *words, code=0, input=None):
        done = CliRunner().invoke(main, list(map(str, words)), input=input, env={"FLIGHTLOG_DATA": self.name})
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def rows(self, *words, code=0):
        return [json.loads(line) for line in self.call(*words, "--json", code=code).stdout.splitlines()]

    def named(self, *query) -> set[str]:
        """The names of the runs that `ls --all` lists."""
        return {row["name"] for row in self.rows("ls", "--all", *query, "--limit", 100)}

    def events(self, name: str) -> str:
        return self.call("events", self.ids[name]).stdout
