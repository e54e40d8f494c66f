"""The fleet: starts the scripted agents, replaces the ones that were killed, ends them all."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

QUICK = {"triage": 9, "research": 3, "report": 5, "labels": 2, "deploy": 0, "crash": 0}
"""Kind → runs done at once at the start, so that there is something to read in the first seconds."""

FLEET = (
    ("triage", 0),
    ("deploy", 0),
    ("report", 0),
    ("research", 0),
    ("labels", 0),
    ("crash", 0),
    ("triage", 1),
    ("report", 1),
)
"""Every agent, in the order they start: its kind, and which of its twins it is."""

ALONE = 10.0
"""Seconds after which the others start, whether anybody has opened the store or not."""

PATIENCE = 1.5
"""Seconds that agents have to end their runs: nobody waits longer for a demo to end."""


@dataclass
class Fleet:
    """A process for each agent. `start()`, `stop()`; thread-safe."""

    place: str
    """Where they record: a data directory, a database or a URL."""
    scratch: Path
    """A folder for the files that they make."""
    storage: str = "file"
    config: str | None = None
    """Another file than the configuration in the data directory."""
    seed: int = 7
    _agents: dict[tuple[str, int], subprocess.Popen[bytes]] = field(default_factory=dict)
    _deaths: dict[tuple[str, int], int] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _room: threading.Event = field(default_factory=threading.Event)
    _keeper: threading.Thread | None = None

    def start(self) -> None:
        """Starts the first agent, and a thread that starts the others, when `fill` is called, and replaces the dead."""
        self._spawn(*FLEET[0])
        self._keeper = threading.Thread(target=self._keep, name="fleet", daemon=True)
        self._keeper.start()

    def fill(self) -> None:
        """Whoever looks on has opened the store: the other agents may take the machine."""
        self._room.set()

    def _spawn(self, kind: str, twin: int) -> None:
        deaths = self._deaths.get((kind, twin), 0)
        command = [
            *(sys.executable, "-m", "flightlog.tui.demo.agent", kind, str(self.scratch)),
            *("--storage", self.storage, "--seed", str(self.seed * 1000 + twin * 100 + deaths)),
            *("--first", str(deaths), "--quick", str(0 if deaths or twin else QUICK[kind])),
            *("--nice", str(0 if (kind, twin) == FLEET[0] else 5)),
        ]
        # Not as an argument, which everybody on the machine can read: a URL may hold a password.
        named = {"FLIGHTLOG_DATA": self.place} | ({"FLIGHTLOG_CONFIG": self.config} if self.config else {})
        self._agents[kind, twin] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | named,
        )

    def _keep(self) -> None:
        # One after the other, and behind the browser: all at once, they would keep a small machine from
        # showing its first run for seconds.
        self._room.wait(ALONE)
        for kind, twin in FLEET[1:]:
            if self._stopping.wait(0.35):
                return
            self._spawn(kind, twin)
        # The agent that plays a crash is really killed; a while later a new one takes its place.
        while not self._stopping.wait(8):
            for (kind, twin), agent in list(self._agents.items()):
                if agent.poll() is not None:
                    self._deaths[kind, twin] = self._deaths.get((kind, twin), 0) + 1
                    self._spawn(kind, twin)

    def stop(self, *, kept: bool) -> None:
        """Ends every agent and waits for it, two seconds at most. May be called twice.

        `kept`: what they recorded stays, so each may end its run and ship what it can; what it does not
        come to lies in the spool, for whoever opens the data directory next. Else they are killed.
        """
        self._stopping.set()
        self._room.set()
        if self._keeper:
            self._keeper.join()
        until = time.monotonic() + PATIENCE
        for agent in self._agents.values():
            if kept:
                agent.terminate()
            else:
                agent.kill()
        for agent in self._agents.values():
            try:
                agent.wait(max(until - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                agent.kill()
                agent.wait()
        self._agents.clear()
