"""What a reader of one program's transcripts says: of a file's beginning, and of each line by itself."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from ....core import events as e
from ....core.costs import Extra

TURN = "turn"
"""Kind of the step that a prompt begins and its answer ends; what is done in between are steps within it."""


class Session(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The run that a transcript is, as its beginning tells."""

    run: str
    """Our id of it."""
    workflow: str
    """The project: name of the folder that was worked in."""
    agent: str
    began: str
    """Time of the first line."""
    session: str
    """The session it belongs to, which its subagents share."""
    name: str = ""
    objective: str = ""
    """What was asked for first, as one short line."""
    parent: str = ""
    """Our id of the run that started it."""
    project: str = ""
    meta: dict[str, e.Json] = {}


class Told(NamedTuple):
    """An event that a line may tell; number, time and the step it belongs to are put in later.

    A `StepFinished` without a step ends the turn. Of those with the same `once` the first is told. `call` names the
    request that a cost is of: several lines may speak of one. `model` names that of the requests from here on, where
    their own lines do not: the event says so, and is told where it changes. `extra` is what is charged of a cost
    besides. `t` is when it was, where the line says that and was written later. `name` is what the run is called from
    here on, which one that a person chose (`chosen`) is whatever else it is called.
    """

    event: e.Event
    once: str = ""
    call: str = ""
    more: bool = False
    """Whether a later line may say more of that request."""
    model: str = ""
    extra: Extra = Extra()
    t: str = ""
    name: str = ""
    chosen: bool = False


class Attended(NamedTuple):
    """Whether a program is at work on a transcript: None where that is not to be known but by its silence."""

    alive: bool | None
    why: str = ""
    """Of one that is: what it waits for a person for. Else the evidence that it is not, after that silence; or, where
    nothing is evidence, all that is known.
    """
    patience: float | None = None
    """Seconds of silence that are waited for; None for what is usual: none where it is known."""
    hidden: bool = False
    """Whether its process may live where nobody here sees it: then silence is no evidence that it is gone."""


class Clearing(NamedTuple):
    """By what rule a program removes transcripts by itself."""

    after_s: float
    """Seconds after it was last written to."""
    rule: str
    """The same as a clause, and why."""


Line = dict[str, e.Json]


class Names(Protocol):
    """Names of transcripts that are kept elsewhere."""

    def look(self) -> bool:
        """Whether there may be others than when it was looked last."""
        ...

    def of(self, path: str) -> str:
        """The name of a transcript; empty if it has none there."""
        ...


class Format(Protocol):
    """How one program writes. Without state: the same bytes always say the same."""

    name: str
    """Of the source: `claude-code`."""
    title: str
    """What people call the program."""

    def is_transcript(self, path: Path) -> bool:
        """Whether a file is one, by its name alone."""
        ...

    def session(self, path: Path, lines: Sequence[Line]) -> Session | None:
        """What the first lines of a file say of its run; None while they say too little to begin."""
        ...

    def names(self, root: Path) -> Names | None:
        """The names of the transcripts in a folder, where they are not told in these themselves."""
        ...

    def time(self, line: Line) -> str:
        """When the line was written, as our time text; empty if it does not say."""
        ...

    def told(self, line: Line, session: Session) -> Iterable[Told]:
        """The events that a line may tell, in order: a function of line and session alone."""
        ...

    def attended(self, path: Path, session: Session) -> Attended:
        """Whether a program is at work on a transcript, as far as it says so itself."""
        ...

    def clearing(self, root: Path) -> Clearing | None:
        """By what rule it removes transcripts of a place by itself; None if it does not, or that is a copy of them."""
        ...

    def goes_with(self, path: Path) -> Path:
        """The transcript with which one is removed, where that is there: mostly itself."""
        ...

    def is_answer(self, line: Line) -> bool:
        """Whether it may be the last word of a run that says no end: an answer that calls nothing."""
        ...
