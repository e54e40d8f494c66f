"""From the lines of one transcript to the events of its run: what is told once, what ends with what, what is resumed.

A format says of each line, by itself, which events it could tell (`formats.Format.told`). Here is remembered what
came before: which turn is going on, which calls were told, whether the run has ended. What is told is a function of
the lines alone, in whatever portions they are read.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from ....core import events as e
from ....core.costs import Extra, Price
from .formats import TURN, Format, Session, Told

_ONCE = 10_000  # things of a run that are remembered as told


class Place(NamedTuple):
    """Where an event is told: a line of the transcript, and which of its events it is."""

    offset: int
    length: int
    part: int


class Fact(NamedTuple):
    """An event, and where it comes from: a line (and the step it is put in), or nowhere, as it follows from others."""

    event: e.Event
    place: Place | None
    step: str | None = None


class Call(msgspec.Struct):
    """A request to a model that may not have been told whole yet: the line that says most of it."""

    name: str
    place: Place | None
    """None if the line alone does not say it: an earlier one said the model."""
    step: str | None
    t: str
    cost: e.CostRecorded
    extra: Extra


class State(msgspec.Struct, omit_defaults=True):
    """What is known of a transcript after the lines that were read."""

    seq: int = 0
    t: str = ""
    turn: str = ""
    """Id of the step that is the turn going on; empty between two."""
    open: list[str] = []
    """Ids of its steps that have not ended."""
    finished: Literal["", "completed", "failed", "cancelled"] = ""
    error: e.Fault | None = None
    """Why it failed."""
    answered: bool = False
    """Whether the last line that told anything may be the last word of the run."""
    call: Call | None = None
    model: str = ""
    """Of requests whose lines do not say theirs."""
    chosen: bool = False
    """Whether a person chose what the run is called."""
    once: list[str] = []


class Asked(NamedTuple):
    """What telling depends on besides the lines."""

    is_told: Callable[[str], bool]
    """Whether any transcript has told of a request: files repeat each other."""
    price: Callable[[e.CostRecorded, str, Extra], Price | None]
    """What a call cost at a time, where its program did not write it down."""


class Teller:
    """Tells one transcript on.

    `facts` and `calls` are what came of the lines that were taken: events by number, and requests told of; `name` is
    what the run is called after them.
    """

    def __init__(self, format: Format, session: Session, state: State, asked: Asked) -> None:
        self._format, self._session, self._asked = format, session, asked
        self.state = state
        self._once = set(state.once)
        self.facts: list[Fact] = []
        self.calls: list[str] = []
        self.name = session.name
        if not state.seq:
            self._add(beginning(format, session), None, t=session.began)

    def take(self, offset: int, length: int, line: dict[str, e.Json]) -> None:
        """Takes the next line."""
        told = list(self._format.told(line, self._session))
        # What a fork repeats of the session that it was taken from happened before it began.
        t = max(self._format.time(line) or self.state.t, self._session.began)
        call = self.state.call
        if told and call is not None and all(one.call != call.name for one in told):
            self.settle()  # here, whoever reads in what portions: after the last line that speaks of it
        for part, one in enumerate(told):
            self._take(one, Place(offset, length, part), t)
        if any(not isinstance(one.event, e.CostRecorded | e.RunMeta) for one in told):
            self.state.answered = self._format.is_answer(line)

    def conclude(self) -> None:
        """Tells that a run has ended that says no end itself: its last word was an answer, and no more came."""
        if not self.state.finished:
            self.settle()
            self._end_turn("completed", None, self.state.t)
            self.state.finished, self.state.error = "completed", None
            self._add(e.RunFinished(status="completed"), None, t=self.state.t)

    def settle(self) -> None:
        """Tells of a request of which no more will be said."""
        call, self.state.call = self.state.call, None
        if call is None or call.name in self.calls or self._asked.is_told(call.name):
            return
        self.calls.append(call.name)
        self._add(call.cost, call.place, call.step, t=call.t)
        price = None if call.cost.nanousd is not None else self._asked.price(call.cost, call.t, call.extra)
        if price is not None:
            priced = e.CostPriced(cost=self.state.seq, nanousd=price.nanousd, prices=price.prices)
            self._add(priced, None, t=call.t)
        self._stay(call.t)

    # --- what follows from what

    def _take(self, told: Told, place: Place, t: str) -> None:
        event = told.event
        if told.name and (told.chosen or not self.state.chosen):
            self.name, self.state.chosen = told.name, told.chosen
        if told.t:
            t = min(max(told.t, self._session.began), t)
        if (told.once and self._is_repeated(told.once)) or (told.model and told.model == self.state.model):
            return
        self.state.model = told.model or self.state.model
        if isinstance(event, e.CostRecorded):
            self._called(self._call(event, told, place, t))
            if not told.more:
                self.settle()
        elif isinstance(event, e.StepStarted):
            self._begin(event, place, t)
        elif isinstance(event, e.StepFinished):
            self._end(event, place, t)
        elif isinstance(event, e.RunFinished):
            self._finish(event, place, t)
        else:
            self._say(event, place, t)

    def _is_repeated(self, name: str) -> bool:
        if name in self._once:
            return True
        if len(self._once) < _ONCE:
            self._once.add(name)
            self.state.once.append(name)
        return False

    def _call(self, cost: e.CostRecorded, told: Told, place: Place, t: str) -> Call:
        whole = cost.model or not self.state.model
        cost.model = cost.model or self.state.model
        return Call(told.call, place if whole else None, self.state.turn or None, t, cost, told.extra)

    def _called(self, call: Call) -> None:
        """Of several lines about one request the one with most output says it whole; they follow each other."""
        before = self.state.call
        if before is not None and before.name == call.name:
            self.state.call = call if call.cost.output_tokens >= before.cost.output_tokens else before
            return
        self.settle()
        self.state.call = call

    def _begin(self, event: e.StepStarted, place: Place, t: str) -> None:
        if event.kind == TURN and event.step != self.state.turn:
            if self.state.turn and self.state.answered:
                self.conclude()
            self._end_turn("skipped", None, t)
            self._wake(t)
            self._add(event, place, t=t)
            self.state.turn = event.step
        elif event.kind != TURN and event.step not in self.state.open:
            self._wake(t)
            self._add(event, place, self.state.turn or None, t=t)
            self.state.open.append(event.step)

    def _end(self, event: e.StepFinished, place: Place, t: str) -> None:
        if not event.step:
            self._end_turn(event.status, event.error, t)
        elif event.step in self.state.open:
            self.state.open.remove(event.step)
            self._add(event, place, t=t)

    def _end_turn(self, status: e.StepEnd, error: e.Fault | None, t: str) -> None:
        for step in self.state.open:
            self._add(e.StepFinished(step=step, status="skipped"), None, t=t)
        self.state.open = []
        if self.state.turn:
            self._add(e.StepFinished(step=self.state.turn, status=status, error=error), None, t=t)
            self.state.turn = ""

    def _finish(self, event: e.RunFinished, place: Place, t: str) -> None:
        self.settle()
        if self.state.finished != event.status:
            self.state.finished, self.state.error = event.status, event.error
            self._add(event, place, t=t)

    def _say(self, event: e.Event, place: Place, t: str) -> None:
        if isinstance(event, e.MessageSent):
            self._wake(t)  # also what nobody asked for
        self._add(event, place, self.state.turn or None, t=t)
        if not isinstance(event, e.RunMeta):
            self._stay(t)

    def _stay(self, t: str) -> None:
        """What a program notes after the end of a run belongs to it: no event comes after the last one."""
        if self.state.finished:
            self._add(e.RunFinished(status=self.state.finished, error=self.state.error), None, t=t)

    def _wake(self, t: str) -> None:
        if self.state.finished:
            self.state.finished = ""
            self._add(e.RunResumed(), None, t=t)

    def _add(self, event: e.Event, place: Place | None, step: str | None = None, *, t: str) -> None:
        self.state.seq += 1
        self.state.t = max(self.state.t, t)
        self.facts.append(Fact(put(event, self.state.seq, t, step), place, step))


def put(event: e.Event, seq: int, t: str, step: str | None) -> e.Event:
    """The event with its number and time, in the step that it belongs to."""
    event.seq, event.t = seq, t
    if step is not None:
        if isinstance(event, e.StepStarted):
            event.parent = step
        elif getattr(event, "step", "") is None:
            event.step = step  # type: ignore[attr-defined]
    return event


def beginning(format: Format, session: Session) -> e.RunStarted:
    """How a run begins, without number and time."""
    return e.RunStarted(
        run=session.run,
        workflow=session.workflow,
        name=session.name,
        objective=session.objective,
        parent=session.parent or None,
        session=session.session,
        project=session.project or None,
        meta={format.name: session.meta},
    )
