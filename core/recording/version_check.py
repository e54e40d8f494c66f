"""Whether the version that a run says it is of is still the one that was saved: looked up off the agent's path."""

import logging
from functools import partial
from typing import TYPE_CHECKING

from ..events import Logged, RunStarted
from ..forking import undivided

if TYPE_CHECKING:
    from .tape import Tape

log = logging.getLogger("flightlog.recorder")


def check_version(tape: "Tape", started: RunStarted) -> None:
    """Has it looked up soon; where the version was changed by hand, a log entry of the run says so.

    Costs the agent microseconds.
    """
    if started.version is not None and tape.is_recording:
        tape.pricing.beside(partial(_check, tape, started.workflow, started.version))


def _check(tape: "Tape", workflow: str, number: int) -> None:
    try:
        with undivided():
            why = tape.store.workflows.altered(workflow, number)
        if why:
            message = f"version {number} of {workflow} is not what was saved under this number: {why}"
            log.warning("run %s: %s", tape.run, message)
            tape.append(Logged(level="WARNING", kind="recording", message=message))
    except Exception as error:  # noqa: BLE001 - it has ended, or who keeps versions cannot read them: the run goes on
        log.warning("run %s: whether its version is as it was saved is not told: %s", tape.run, error)
