"""What steps were given, in a few words: it tells one call of a tool from the next. Read where somebody looks."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...core.errors import Corrupt, NotFound
from ...core.events import Json, StepStarted
from ...core.runs import Step
from ...core.store import Store
from ..lines import one_line

AT_ONCE = 100
"""Steps of which it is read at once: more are not in sight."""

SEARCHED = 1000
"""The same while all of them are searched."""

TOGETHER = 200
"""Inputs that are in memory together at most: some are large."""

APART = 200
"""Events between two of these from which on they are read one after the other: files are read from one to the other."""

LENGTH = 120
"""Characters of one."""

PATH = 44
"""Characters of a path."""

_PATH = re.compile(r"~?(/[^/\s]+){2,}")


class Briefs:
    """Those that were read; one that is missed is wished for. An input never changes, so that none is read twice."""

    def __init__(self, on_wish: Callable[[], Any] = lambda: None) -> None:
        """`on_wish` hears of every wish."""
        self._known: dict[str, str] = {}
        self._wished: dict[str, Step] = {}
        self._on_wish = on_wish
        self._wants_all = False

    def of(self, step: Step) -> str:
        """What the step was given; empty if nothing was, or if it is not read yet. For the event loop."""
        if not step.has_input or step.started_seq is None:
            return ""
        known = self._known.get(step.id)
        if known is None and step.id not in self._wished:
            self._wished[step.id] = step
            self._on_wish()
        return known or ""

    def known(self, id: str) -> str:
        """The same as far as it is read; it is not wished for."""
        return self._known.get(id, "")

    def want(self, steps: Sequence[Step]) -> None:
        """All of these are to be read, a part with each reading: somebody searches them."""
        self._wants_all = True
        for step in steps:
            self.of(step)

    @property
    def lacks(self) -> bool:
        """Whether somebody waits for what is not read yet."""
        return self._wants_all and bool(self._wished)

    def read(self, store: Store) -> dict[str, str]:
        """What is wished for, the newest wishes first. For a thread; `add` takes it."""
        steps = list(self._wished.values())[-SEARCHED if self._wants_all else -AT_ONCE :]
        found = dict.fromkeys((step.id for step in steps), "")
        for near in _near(steps):
            by_seq = {step.started_seq: step.id for step in near if step.started_seq is not None}
            try:
                events = store.runs.some_events(near[0].run, list(by_seq))
            except (Corrupt, NotFound):
                continue  # the step's page says why
            for seq, event in events.items():
                found[by_seq[seq]] = brief(event.input) if isinstance(event, StepStarted) else ""
        return found

    def add(self, found: dict[str, str]) -> None:
        """Keeps what was read; other wishes are of steps that have gone out of sight, unless all are searched."""
        self._known |= found
        self._wished = {id: step for id, step in self._wished.items() if id not in found} if self._wants_all else {}
        self._wants_all = bool(self._wished)


def _near(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps in groups whose inputs lie near each other."""
    near: list[Step] = []
    for step in sorted(steps, key=lambda one: one.started_seq or 0):
        if near and (len(near) == TOGETHER or (step.started_seq or 0) - (near[-1].started_seq or 0) > APART):
            yield near
            near = []
        near.append(step)
    if near:
        yield near


def brief(input: Json) -> str:
    """An input in a few words: a text, or the first one in it; else its first number by its name, or how much it is."""
    if isinstance(input, str):
        return _begun(input)
    members = list(input.items() if isinstance(input, dict) else enumerate(input) if isinstance(input, list) else ())
    said = [(str(name), value) for name, value in members if isinstance(value, str | int | float) and value != ""]
    text = next((value for _, value in said if isinstance(value, str)), None)
    if text is not None:
        return _begun(text)
    if said and isinstance(input, dict):
        return one_line(f"{said[0][0]}={said[0][1]}", LENGTH)
    lists = [f"{len(value):,} {name}" for name, value in members if isinstance(name, str) and isinstance(value, list)]
    return one_line(lists[0], LENGTH) if lists else ""


def _begun(text: str) -> str:
    """The beginning of a text; the end of a long path, which tells files apart."""
    if len(text) > PATH and _PATH.fullmatch(text[: LENGTH * 4]):
        return one_line("…" + text[-PATH:].partition("/")[2])
    return one_line(text.strip(), LENGTH)
