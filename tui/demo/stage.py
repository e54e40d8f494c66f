"""A data directory for pictures: the scripted agents under a clock that only pretends, the same every time."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from ...core import clock, faults, ids
from ...core.costs import Extra, Price, PricedModel, Tokens
from ...core.events import CostRecorded
from ...core.recording.pricing import Pricing
from ...core.recording.recorder import RunRecorder
from ...core.store import Store
from .agents import perform
from .pace import Pace, Stopped

NOON = clock.to_seconds("2026-11-20T12:00:00Z")
"""When the picture is taken, Unix seconds."""

MORNING = 7560
"""Seconds before noon at which the runs of the day begin, so that the last of them have just ended."""

PAST = ("triage", "report", "research", "labels", "triage", "crash", "triage", "report", "labels", "triage") * 3
"""Kinds of runs that are over, oldest first."""

DAYS = (3, 0, 5, 8, 2, 0, 5, 3, 10, 6, 3, 5)
"""Runs of each of the days before, the farthest first: a pause at the weekend, and one day that was dear."""
KINDS = ("triage", "research", "report", "labels")

PRESENT = (("deploy", 2, 90), ("labels", 13, 75), ("research", 1, 28), ("triage", 3, 14))
"""What still runs, after how many pauses it was stopped, and how many seconds before noon it began."""


class ListPrices:
    """A price list of our own: real ones change, and pictures with them."""

    RATES: ClassVar = {"gpt-4o": (2500, 10000), "claude-sonnet-4-5": (3000, 15000)}

    def models(self) -> Sequence[PricedModel]:
        """These, and a small one."""
        rates = {**self.RATES, "gpt-4o-mini": (150, 600)}
        return [
            PricedModel(
                provider="anthropic" if name.startswith("claude") else "openai",
                model=name,
                input_nanousd=into * 1_000_000,
                output_nanousd=out * 1_000_000,
            )
            for name, (into, out) in sorted(rates.items())
        ]

    def price(self, model: str, provider: str, tokens: Tokens, t: str, extra: Extra = Extra()) -> Price | None:
        """Some nano-dollars a token; a house model has no price."""
        if provider == "local":
            return None
        rate = self.RATES.get(model, (150, 600))
        return Price(nanousd=tokens.input * rate[0] + tokens.output * rate[1], prices="2026-11-01")


@dataclass
class Stage:
    """The pretended clock, and the runs under it."""

    now_ns: int
    runs: list[RunRecorder] = field(default_factory=list)

    def pass_time(self, seconds: float) -> None:
        """Moves the clock on, when the prices of this moment have been looked up."""
        for run in self.runs:
            run._tape.pricing.settle()
        self.now_ns += int(seconds * 1e9)

    def watch(self, store: Store) -> Store:
        """The store, whose runs from now on are on this stage."""
        begin = store.run

        def run(workflow: str, **facts: Any) -> RunRecorder:
            self.runs.append(begin(workflow, **facts))
            _price_at_once(self.runs[-1]._tape.pricing)
            return self.runs[-1]

        store.run = run  # type: ignore[method-assign]
        store.prices = ListPrices
        return store


def _price_at_once(pricing: Pricing) -> None:
    """Which event comes next must not hang on how quick the thread is that looks prices up."""
    add = pricing.add

    def add_and_wait(cost: CostRecorded) -> None:
        add(cost)
        pricing.settle()

    pricing.add = add_and_wait  # type: ignore[method-assign]


@dataclass
class StagePace(Pace):
    """Lets the pretended clock go by instead of real time, and can stop in the middle."""

    stage: Stage = field(default_factory=lambda: Stage(0))
    pauses_left: int | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    curtain: threading.Event = field(default_factory=threading.Event)

    def pause(self, low: float, high: float) -> None:
        """A pause of pretended seconds; the last one lasts until the curtain falls."""
        self.stage.pass_time(self.rng.uniform(low, high) * self.factor)
        if self.pauses_left is not None:
            self.pauses_left -= 1
            if self.pauses_left < 0:
                self.stopped.set()
                self.curtain.wait()
                raise Stopped

    def patience(self, seconds: float) -> float:
        """Longer than any machine takes for the pictures: pretended time stands still, real time does not."""
        return 3600.0

    def twin(self, seed: int) -> "StagePace":
        """The same pace with dice of its own."""
        return replace(self, rng=Random(seed))

    def together(self, tasks: Sequence[Callable[[], None]]) -> None:
        """One after the other, but each from the same moment."""
        began = latest = self.stage.now_ns
        for task in tasks:
            self.stage.now_ns = began
            task()
            latest = max(latest, self.stage.now_ns)
        self.stage.now_ns = latest

    def die(self) -> None:
        """Is gone without a word; only a child process plays this."""
        os._exit(0)


@contextmanager
def staged(folder: Path, open_store: Callable[[Path], Store]) -> Iterator[Stage]:
    """Records the past, then what still runs, and holds that until the block is left: it is noon meanwhile.

    For a process of its own: the clock, new ids and the process's number are pretended in all of it.
    """
    # What screens show of this process must not change from picture to picture.
    os.getpid = lambda: 99312
    os.uname = lambda: os.uname_result(("Linux", "workbench", "", "", ""))
    told, house = faults._traceback, str(Path(__file__).resolve().parents[2])
    faults._traceback = lambda error: told(error).replace(house, "/home/ana/flightlog")
    dice, stage = Random(12), Stage(int((NOON - 3 * 3600) * 1e9))
    with clock.pretending(lambda: stage.now_ns), ids.drawn_from(dice.randbytes):
        with stage.watch(open_store(folder)) as store:
            scratch = folder / "demo-files"
            scratch.mkdir(mode=0o700, exist_ok=True)
            _record_days(stage, store, scratch)
            stage.now_ns = int((NOON - MORNING) * 1e9)
            for number, kind in enumerate(PAST):
                pace = StagePace(rng=Random(number), scratch=scratch, factor=6, stage=stage)
                if kind == "crash":
                    _die_in_child(partial(_crash, stage, open_store, folder, pace))
                else:
                    perform(kind, store, pace, number // 2)
                stage.pass_time(dice.uniform(60, 330))
        with stage.watch(open_store(folder)) as store:
            players = [_begun(stage, store, scratch, *what) for what in PRESENT]
            stage.now_ns = int(NOON * 1e9)
            try:
                yield stage
            finally:
                _let_go(store, players)


def _record_days(stage: Stage, store: Store, scratch: Path) -> None:
    """What ran on the days before, with dice of its own."""
    dice, number = Random(3), 0
    for back, count in zip(range(len(DAYS), 0, -1), DAYS, strict=True):
        stage.now_ns = int((NOON - back * 86_400) * 1e9)
        for _ in range(count):
            pace = StagePace(rng=Random(1000 + number), scratch=scratch, factor=6, stage=stage)
            perform(KINDS[number % len(KINDS)], store, pace, 0)
            stage.pass_time(dice.uniform(600, 3600))
            number += 1


def _begun(
    stage: Stage, store: Store, scratch: Path, kind: str, pauses: int, before: float
) -> tuple[StagePace, threading.Thread]:
    stage.now_ns = int((NOON - before) * 1e9)
    return _play(kind, store, stage, scratch, pauses)


def _let_go(store: Store, players: list[tuple[StagePace, threading.Thread]]) -> None:
    for pace, _ in players:
        pace.curtain.set()
    for approval in store.runs.pending().items:
        store.runs.decide(approval.run, approval.id, "rejected")
    for _, player in players:
        player.join()


def _crash(stage: Stage, open_store: Callable[[Path], Store], folder: Path, pace: Pace) -> None:
    perform("crash", stage.watch(open_store(folder)), pace, 0)


def _die_in_child(play: Callable[[], None]) -> None:
    """Lets a child process play: when it dies the kernel frees its lock, as it does for a real agent."""
    child = os.fork()
    if child == 0:
        try:
            play()
        finally:
            os._exit(1)
    os.waitpid(child, 0)


def _play(kind: str, store: Store, stage: Stage, scratch: Path, pauses: int) -> tuple[StagePace, threading.Thread]:
    """Starts a run that stops in the middle, or waits for a person, and returns when it does."""
    pace = StagePace(rng=Random(pauses), scratch=scratch, stage=stage, pauses_left=pauses)
    waiting = len(store.runs.pending().items)

    def go_on() -> None:
        try:
            perform(kind, store, pace, 14)
        except Stopped:
            return
        finally:
            pace.stopped.set()

    player = threading.Thread(target=go_on, name=kind)
    player.start()
    while not pace.stopped.wait(0.02) and len(store.runs.pending().items) == waiting:
        pass
    return pace, player
