"""Statements that are executed: their number does not depend on the machine."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flightlog.backends.files import listing
from flightlog.backends.ingest import catch_up
from flightlog.backends.sql import ready
from sqlalchemy import Engine, event


@contextmanager
def executed(*, here: bool = False) -> Iterator[list[str]]:
    """The text of each statement that is executed in the block, or of those of this thread alone (`here`).

    Clear it before what is counted. Nobody looks meanwhile who of the writers is still alive: that is one more, once a
    second, and comes into this question or into that. Nor does a folder count as settled that had not before: who looks
    first a tenth of a second after it changed writes that down.
    """
    seen: list[str] = []
    thread = threading.get_ident()
    answer, liveness_s, settled_ns = ready._answer, catch_up._LIVENESS_S, listing._SETTLED_NS

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if not here or threading.get_ident() == thread:
            seen.append(statement)

    def noted(driver, form, given):
        note(None, None, form.text, None, None, None)
        return answer(driver, form, given)

    ready._answer, catch_up._LIVENESS_S, listing._SETTLED_NS = noted, math.inf, math.inf
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        ready._answer, catch_up._LIVENESS_S, listing._SETTLED_NS = answer, liveness_s, settled_ns
