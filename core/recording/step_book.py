"""Which steps a run has: their ids, attempts and dependencies, while it is recorded."""

import threading
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from ..events import AnyEvent, DeclaredStep, GraphDeclared, StepEnd, StepFinished, StepStarted
from .jsonable import encode


class Place(NamedTuple):
    """Where a step that begins stands."""

    id: str
    attempt: int
    depends_on: list[str]


class StepBook:
    """Gives steps their ids (`s1`, `s2` …) and knows which are declared, open and ended. Thread-safe.

    A step is known by its name: one that begins takes up the declared step of that name. It is the next attempt of
    one that failed with the same name, parent and input, and each that failed has one next attempt. Inputs are looked
    at only where a step of that name and parent has failed: those of a run that goes well cost nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._declared: dict[str, DeclaredStep] = {}
        self._pending: dict[str, None] = {}
        self._ids: dict[str, str] = {}
        self._open: dict[str, tuple[str | None, str, int, Any]] = {}
        """Id → parent, name, attempt and input."""
        self._failed: dict[tuple[str | None, str], dict[bytes, list[int]]] = {}
        """Parent and name → digest of an input → attempts that failed with it, which no other has followed yet."""

    def in_child(self) -> None:
        """Nobody holds its lock."""
        self._lock = threading.Lock()

    def declare(self, graph: Mapping[str, Iterable[str]]) -> list[DeclaredStep]:
        """The steps of a graph given as name → names it depends on; those only depended on are steps too."""
        with self._lock:
            wanted = {name: list(names) for name, names in graph.items()}
            for name in [name for names in wanted.values() for name in names]:
                wanted.setdefault(name, [])
            for name in wanted:
                if name not in self._ids:
                    self._ids[name] = self._new_id()
                    self._pending[self._ids[name]] = None
            steps = [
                DeclaredStep(id=self._ids[name], name=name, depends_on=[self._ids[on] for on in names])
                for name, names in wanted.items()
            ]
            self._declared.update((step.name, step) for step in steps)
            return steps

    def begin(
        self, name: str, parent: str | None, attempt: int | None, depends_on: Iterable[str] | None, input: Any
    ) -> Place:
        """The place of a step that begins now; `depends_on` are names or ids."""
        may_follow = self._failed and (attempt is None or attempt > 1)
        followed = self._follow(parent, name, input) if may_follow else 0
        number = followed + 1 if attempt is None else attempt
        with self._lock:
            declared = self._declared.get(name)
            step = declared.id if declared and declared.id in self._pending else self._new_id()
            self._pending.pop(step, None)
            if depends_on is not None:
                edges = [self._ids.get(on, on) for on in depends_on]
            else:
                edges = list(declared.depends_on) if declared else []
            self._ids[name] = step
            self._open[step] = (parent, name, number, input)
            return Place(step, number, edges)

    def end(self, step: str, status: StepEnd) -> bool:
        """Notes that a step ended; False if it was not open (any more)."""
        with self._lock:
            opened = self._open.pop(step, None)
            was_pending = self._pending.pop(step, self) is not self
        if opened and status == "failed":
            self._fail(*opened)
        return opened is not None or was_pending

    def open(self) -> list[str]:
        """Ids of the open steps, the newest first: inner ones before those they are nested in."""
        with self._lock:
            return list(reversed(self._open))

    def pending(self) -> list[str]:
        """Ids of the declared steps that never began."""
        with self._lock:
            return list(self._pending)

    def forget_open(self) -> None:
        """Leaves the open steps as they are recorded: the run is paused."""
        with self._lock:
            self._open.clear()

    def learn(self, event: AnyEvent) -> None:
        """Takes in an event of a run that is taken up again, of which nothing else is recorded yet."""
        if isinstance(event, StepStarted) and event.attempt > 1:
            self._follow(event.parent, event.name, event.input)
        if isinstance(event, StepFinished):
            self.end(event.step, event.status)
            return
        with self._lock:
            if isinstance(event, GraphDeclared):
                for step in event.steps:
                    self._declared[step.name] = step
                    self._ids.setdefault(step.name, step.id)
                    self._pending.setdefault(step.id)
                    self._see(step.id)
            elif isinstance(event, StepStarted):
                self._pending.pop(event.step, None)
                self._ids[event.name] = event.step
                self._open[event.step] = (event.parent, event.name, event.attempt, event.input)
                self._see(event.step)

    def _fail(self, parent: str | None, name: str, attempt: int, input: Any) -> None:
        digest = _digest(input)
        with self._lock:
            self._failed.setdefault((parent, name), {}).setdefault(digest, []).append(attempt)

    def _follow(self, parent: str | None, name: str, input: Any) -> int:
        """The attempt that failed and is followed by one that begins now; 0 if there is none."""
        if (parent, name) not in self._failed:
            return 0
        digest = _digest(input)
        with self._lock:
            failed = self._failed.get((parent, name), {})
            attempts = failed.get(digest, [])
            number = attempts.pop() if attempts else 0
            if not attempts:
                failed.pop(digest, None)
            if not failed:
                self._failed.pop((parent, name), None)
            return number

    def _new_id(self) -> str:
        self._count += 1
        return f"s{self._count}"

    def _see(self, step: str) -> None:
        if step[:1] == "s" and step[1:].isdecimal() and len(step) < 12:
            self._count = max(self._count, int(step[1:]))


def _digest(input: Any) -> bytes:
    """What tells inputs apart, as they would be recorded. Runs code of the agent's: nobody holds a lock meanwhile."""
    return blake2b(encode(input), digest_size=16).digest()
