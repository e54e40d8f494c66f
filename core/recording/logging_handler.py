"""A program's ordinary logs, sent to its run."""

import contextlib
import logging
from typing import Any

from ..errors import StorageError
from ..events import Level, Logged
from ..faults import fault_of
from .traced import current
from .verbs import Verbs

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}
_OURS = "flightlog"


class Handler(logging.Handler):
    """Sends log records to a run (or step): `logging.getLogger().addHandler(Handler(run))`; without one, to what
    `flightlog.current` tells, which is for programs whose runs come and go, or go on side by side.

    What `extra=` adds becomes details, `kind` and `request_id` among them the entry's own; an exception
    is kept with its traceback. Records of Flightlog's own loggers, and what comes after the run's
    end, are not recorded; a store that cannot be written never makes a log call fail.
    """

    def __init__(self, recorder: Verbs | None = None, level: int | str = logging.NOTSET) -> None:
        if not isinstance(recorder, Verbs | None):
            raise TypeError(f"a Handler sends logs to a run or step, not to a value of type {type(recorder).__name__}")
        super().__init__(level)
        self._recorder = recorder

    def handle(self, record: logging.LogRecord) -> Any:
        """As the base class, without its lock: the run is thread-safe, and two locks could wait for each other."""
        passed = self.filter(record)
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Records one log record; never raises."""
        if record.name == _OURS or record.name.startswith(_OURS + "."):
            return
        recorder = self._recorder or current()
        if recorder is None:
            return
        try:
            entry = self._entry(record, recorder)
            # The journal has reported its failure itself; the program's log call goes on.
            with contextlib.suppress(StorageError):
                recorder._tape.append(entry)
        except Exception:  # noqa: BLE001 - as every handler: a record that cannot be formatted is reported, not raised
            self.handleError(record)

    def _entry(self, record: logging.LogRecord, recorder: Verbs) -> Logged:
        details = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        kind, request_id = str(details.pop("kind", "")), str(details.pop("request_id", ""))
        details.update(logger=record.name, where=f"{record.filename}:{record.lineno}")
        if record.exc_info and record.exc_info[1]:
            details["error"] = fault_of(record.exc_info[1])
        return Logged(
            level=_level(record.levelno),
            message=record.getMessage(),
            kind=kind,
            request_id=request_id,
            step=recorder._step_id(),
            details=details,
        )


def _level(number: int) -> Level:
    if number >= logging.ERROR:
        return "ERROR"
    if number >= logging.WARNING:
        return "WARNING"
    return "INFO" if number >= logging.INFO else "DEBUG"
