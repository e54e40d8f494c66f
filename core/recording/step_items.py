"""Generators that are steps: an item is made within the step, and what their consumer does with it is not."""

from collections.abc import Generator
from functools import partial
from typing import Any

from .step_recorder import Block, StepRecorder, innermost


class Within:
    """Where a generator stands among blocks while it is at work, as often as that is; its consumer stands elsewhere."""

    __slots__ = ("_inside", "_outside", "_step")

    def __init__(self, step: StepRecorder | None) -> None:
        """`step`: the one that it is; None where nothing is recorded."""
        self._step = step
        self._inside: Block | None = None
        self._outside: Block | None = None

    def __enter__(self) -> None:
        if self._step is not None:
            self._outside = innermost.get()
            innermost.set(self._inside or Block(self._step, self._outside))

    def __exit__(self, *_: object) -> None:
        if self._step is not None:
            self._inside = innermost.get()
            innermost.set(self._outside)


def each_within(step: StepRecorder, inner: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """What a generator yields and returns, made within a step; what is sent, thrown or closed reaches it."""
    within, go = Within(step), partial(inner.send, None)
    try:
        while True:
            try:
                with within:
                    item = go()
            except StopIteration as end:
                return end.value
            try:
                sent = yield item
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001 - it is passed on
                go = partial(inner.throw, error)
            else:
                go = partial(inner.send, sent)
    finally:
        with within:
            inner.close()
