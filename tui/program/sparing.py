"""The driver of our terminal: Textual's own for Linux and macOS, which writes no more than differs."""

from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from .painted import Painted


class SparingDriver(LinuxDriver):
    """Writes to the terminal what is not there yet (see `painted`)."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._painted = Painted()

    def forget(self) -> None:
        """What stands on the terminal is not known any more: the next frames are written whole. Any thread may call."""
        self._painted.forget()

    def write(self, data: str) -> None:
        if differing := self._painted.differing(data):
            super().write(differing)
