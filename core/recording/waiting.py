"""Waiting without standing in the way of an event loop."""

import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[threading.Event], T]) -> T:
    """What a call returns that may block, awaited; it is given an event that is set when nobody waits any more.

    It runs in a thread of its own, so that an executor that the program has filled does not delay it.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    stop = threading.Event()

    def tell(set_outcome: Callable[..., None], outcome: object) -> None:
        if not future.done():
            set_outcome(outcome)

    def work() -> None:
        try:
            outcome: tuple[Callable[..., None], object] = (future.set_result, call(stop))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            outcome = (future.set_exception, error)
        # The loop may have been closed in between: then nobody waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, *outcome)

    threading.Thread(target=work, name="flightlog-waiting", daemon=True).start()
    try:
        return await future
    finally:
        stop.set()
