"""Prices of recorded calls, looked up off the agent's path: one thread a process loads the price book and works."""

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ..costs import PriceBook, tokens_of
from ..errors import StorageError
from ..events import MOST, CostPriced, CostRecorded, Event
from ..forking import undivided

log = logging.getLogger("flightlog.pricing")

SETTLE_S = 5.0
"""How long the end of a run waits for its prices."""


class _Job(NamedTuple):
    pricing: "Pricing"
    work: Callable[[], None]


class Pricing:
    """Prices the costs of one run. Thread-safe.

    A cost that no book knows stays without price: unknown is not zero.
    """

    def __init__(self, append: Callable[[Event], int], book: Callable[[], PriceBook | None]) -> None:
        self._append, self._book = append, book
        self.in_child()

    def in_child(self) -> None:
        """Nothing is waited for: so a run begins."""
        self._waiting = self._unpriced = 0
        self._changed = threading.Condition()

    def add(self, cost: CostRecorded) -> None:
        """Has the price of a recorded cost looked up soon. Costs the agent microseconds."""
        with self._changed:
            self._unpriced += 1
        self.beside(partial(self._price, cost))

    def beside(self, work: Callable[[], None]) -> None:
        """Has something else done soon that the end of the run waits for as well. Costs the agent microseconds."""
        if sys.is_finalizing():
            return  # a program that ends begins no thread
        with self._changed:
            self._waiting += 1
        _ensure_worker()
        _jobs.put(_Job(self, work))

    def settle(self) -> bool:
        """Waits until all prices are recorded, and the rest is done, at most `SETTLE_S`; False if something is left.

        While the interpreter ends (a generator that has the run in it is closed) no thread works or is waited for.
        """
        patience = 0.0 if sys.is_finalizing() else SETTLE_S
        with self._changed:
            done = self._changed.wait_for(lambda: self._waiting == 0, patience)
        if unpriced := 0 if done else self._unpriced:
            log.warning("prices could not be looked up within %g s: %d calls stay without price", patience, unpriced)
        elif not done:
            log.warning("whether its version is as it was saved could not be told within %g s", patience)
        return done

    @property
    def is_settled(self) -> bool:
        """Whether nothing is waited for."""
        return self._waiting == 0

    def work(self, work: Callable[[], None]) -> None:
        """Does one thing; for the worker alone."""
        try:
            work()
        finally:
            with self._changed:
                self._waiting -= 1
                self._changed.notify_all()

    def _price(self, cost: CostRecorded) -> None:
        """Looks one price up and records it."""
        try:
            priced = self._priced(cost)
            if priced:
                self._append(priced)
        except StorageError as error:
            # The run ended meanwhile, or cannot be written, which its own next event will say to the agent.
            log.warning("the price of event %d was not recorded: %s", cost.seq, error)
        finally:
            with self._changed:
                self._unpriced -= 1

    def _priced(self, cost: CostRecorded) -> CostPriced | None:
        tokens = tokens_of(cost)
        try:
            with undivided():
                book = self._book()
                price = book.price(cost.model, cost.provider, tokens, cost.t) if book else None
        except Exception as error:  # noqa: BLE001 - whatever a price library does, the run goes on without a price
            log.warning("no price for model %r: %s", cost.model, error)
            return None
        if price and not 0 <= price.nanousd <= MOST:
            log.warning("no price for event %d: what it comes to is no amount that a call costs", cost.seq)
            return None
        return CostPriced(cost=cost.seq, nanousd=price.nanousd, prices=price.prices) if price else None


_jobs: "queue.SimpleQueue[_Job]" = queue.SimpleQueue()
_worker: threading.Thread | None = None
_starting = threading.Lock()


def _ensure_worker() -> None:
    global _worker
    if _worker is None:
        with _starting:
            if _worker is None:
                _worker = threading.Thread(target=_work, name="flightlog-prices", daemon=True)
                _worker.start()


def _work() -> None:
    while True:
        job = _jobs.get()
        job.pricing.work(job.work)
        del job


def _after_fork() -> None:
    # The child has no worker, and the parent's jobs are not its own.
    global _worker, _jobs, _starting
    _worker, _jobs, _starting = None, queue.SimpleQueue(), threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
