"""The driver of our terminal: Textual's own for Linux and macOS, which writes only what differs, and reads safely."""

import os
from select import select
from typing import Any

from textual._xterm_parser import XTermParser

from .incoming import Incoming
from .job import JobDriver
from .painted import Painted

TURN = 0.1
"""Seconds after which a lone escape character is the key, and it is looked whether it is to end."""
MOST = 1 << 16
"""Bytes that are read at once."""


class SparingDriver(JobDriver):
    """Writes to the terminal what is not there yet (see `painted`), and reads what comes as `incoming` says."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._painted = Painted()

    def forget(self) -> None:
        """What stands on the terminal is not known any more: the next frames are written whole. Any thread may call."""
        self._painted.forget()

    def start_application_mode(self) -> None:
        self.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        if differing := self._painted.differing(data):
            super().write(differing)

    def run_input_thread(self) -> None:
        """Hands on keys, pastes and the mouse, until the terminal is let go of. In a thread."""
        parser, incoming = XTermParser(self._debug), Incoming()
        while not self.exit_event.is_set():
            if select([self.fileno], [], [], TURN)[0]:
                try:
                    data = os.read(self.fileno, MOST)
                except OSError:
                    data = b""
                if not data:  # the terminal is gone, which others tell
                    self.exit_event.wait(TURN)
                for message in parser.feed(text) if (text := incoming.text(data)) else ():
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)
