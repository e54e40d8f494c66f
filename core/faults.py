"""What went wrong, as a value: from an exception, or from a sentence."""

import contextlib
import sys
from collections.abc import Iterator
from itertools import islice

from .events import Fault
from .recording.jsonable import text

_LONGEST_MESSAGE = 10_000
_LONGEST_TRACEBACK = 20_000
_NAMED = 3
"""Exceptions of a group that its message names."""


def fault_of(error: BaseException | Fault | str | None) -> Fault | None:
    """The fault of an exception (with its traceback's text, the innermost part if it is long) or of a sentence."""
    if error is None or isinstance(error, Fault):
        return error
    if not isinstance(error, BaseException):
        return Fault(message=_cut(text(error), _LONGEST_MESSAGE))
    return Fault(
        type=type(error).__name__, message=_cut(_message(error), _LONGEST_MESSAGE), traceback=_traceback(error)
    )


def is_cancellation(error: BaseException) -> bool:
    """Whether an exception says that somebody stopped the work, rather than that it went wrong."""
    if isinstance(error, KeyboardInterrupt | GeneratorExit):
        return True
    # Known by name, so that recording imports no event loop.
    return any(kind.__name__ in ("CancelledError", "Cancelled") for kind in type(error).__mro__)


def is_quiet_exit(error: BaseException) -> bool:
    """Whether an exception is a `sys.exit()` that reports success."""
    return isinstance(error, SystemExit) and error.code in (None, 0)


def is_failure(error: BaseException | None) -> bool:
    """Whether the step or row that is left by it has failed: not where its generator's consumer wants no more of it.

    One that was cancelled has: a timeout is nothing else, seen from within.
    """
    return error is not None and not is_quiet_exit(error) and not isinstance(error, GeneratorExit)


def _message(error: BaseException) -> str:
    """Of a group also what went wrong: it says itself but how many exceptions it has, as of a TaskGroup."""
    named = [f"{type(one).__name__}: {text(one)}" for one in islice(_of_group(error), _NAMED)]
    return ": ".join(filter(None, (text(error), "; ".join(named))))


def _of_group(error: BaseException) -> Iterator[BaseException]:
    """The exceptions that a group is made of, those of groups inside it included; of no group nothing."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _of_group(one) if isinstance(one, BaseExceptionGroup) else (one,)


def _traceback(error: BaseException) -> str:
    # While the interpreter ends, which closes generators that have a run or a step in them, an import fails, or waits
    # for ever for a thread that was importing and is no more.
    if sys.is_finalizing():
        return ""
    import traceback

    # Formatting runs code of the agent's (`__str__`, `__cause__`), which may fail in turn.
    with contextlib.suppress(Exception):
        whole = "".join(traceback.format_exception(error, limit=-50))
        return whole if len(whole) <= _LONGEST_TRACEBACK else "…" + whole[-_LONGEST_TRACEBACK:]
    return ""


def _cut(message: str, limit: int) -> str:
    return message if len(message) <= limit else message[:limit] + "…"
