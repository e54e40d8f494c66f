"""One row of a batch as a context manager."""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ..errors import StorageError
from ..faults import is_failure

log = logging.getLogger("flightlog.recorder")


class RowRecorder:
    """A row that is processing until its block is left: then completed, or failed by the exception that leaves.

    As a step, it has not failed where a generator is left that nobody wants more of.
    """

    __slots__ = {  # noqa: RUF023 - as in `StepRecorder`
        "row_number": "Which row it is.",
        "output": "Recorded with the row when it completes.",
        "_item": "Records what becomes of the row.",
        "_input": "What it was given.",
        "_skipped": "Why it counts as skipped.",
    }

    def __init__(self, item: Callable[..., None], row_number: int, input: Any) -> None:
        self._item, self.row_number, self._input = item, row_number, input
        self.output: Any = None
        self._skipped: str | None = None

    def skip(self, reason: str = "") -> None:
        """The row will count as skipped, not as completed."""
        self._skipped = reason

    def __enter__(self) -> "RowRecorder":
        self._item(self.row_number, "processing", input=self._input)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if is_failure(error):
                self._item(self.row_number, "failed", error=error)
            else:
                self._end()
        except StorageError as storage:
            if error is None:
                raise
            # The agent's own exception goes on; ours must not take its place.
            log.error("the end of row %d could not be recorded: %s", self.row_number, storage)

    async def __aenter__(self) -> "RowRecorder":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _end(self) -> None:
        if self._skipped is None:
            self._item(self.row_number, "completed", output=self.output)
        else:
            self._item(self.row_number, "skipped", error=self._skipped or None)
