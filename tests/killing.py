"""A process that is killed at a step of its work: which one is counted, not timed."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Collection

EVERY = int(os.environ.get("FLIGHTLOG_EVERY_STEP", "0"))
"""By default some steps are tried, and more of them by the heavy tests; `FLIGHTLOG_EVERY_STEP=1 pytest -m heavy FILE`
tries every one, minutes for each operation; another number each so many steps."""


def killed_at(
    number: int, steps: Collection[str], work: Callable[[], object], ready: Callable[[], object] = lambda: None
) -> bool:
    """Runs work in a child that is killed at its `number`-th call of these C functions; whether it came to its end.

    `ready` is called there before, and not counted.
    """
    child = os.fork()
    if child == 0:
        left = number

        def profile(_frame, event, function):
            nonlocal left
            if event == "c_call" and function.__name__ in steps:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            ready()
            threading.setprofile(profile)
            sys.setprofile(profile)
            work()
            sys.setprofile(None)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - it ends there, and says why
            traceback.print_exc()
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code == 0
