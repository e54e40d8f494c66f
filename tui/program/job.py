"""The program as a job of a shell: stopped, sent on in front or behind, and ended, also while it is stopped."""

import os
import signal

from textual.drivers.linux_driver import LinuxDriver

MOMENT = 0.1
"""Seconds in which a process that a shell sends on behind it hears of all that was sent to it."""


class JobDriver(LinuxDriver):
    """Textual's own driver, which takes no terminal that is another's, and gives none back twice."""

    _ends = False

    def end(self) -> None:
        """The program is about to end. For a signal's handler: what is in force when a shell's SIGCONT comes behind
        its SIGTERM, for it sends both to a job that is stopped.
        """
        self._ends = True
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a process behind is stopped where it sets a terminal's modes

    @property
    def has_terminal(self) -> bool:
        """Whether the terminal is drawn on; not while the program is stopped, or was and is about to end."""
        return self._writer_thread is not None

    def write(self, data: str) -> None:
        if self.has_terminal:
            super().write(data)

    def _sigcont_application(self, *_: object) -> None:
        if self._ends or not self._auto_restart:
            return
        if not self._is_in_front():
            self._stay_behind()
            return
        if self.has_terminal:  # stopped without having been asked: whoever had it since has left it in other modes
            self.suspend_application_mode()
            self._must_signal_resume = True
        self.resume_application_mode()

    def _stay_behind(self) -> None:
        if self.has_terminal:
            self._stop()
        else:
            # Not at once: a SIGTERM that was sent before this SIGCONT may come after it, to another thread.
            self._loop.call_soon_threadsafe(self._loop.call_later, MOMENT, self._stop_behind)

    def _stop_behind(self) -> None:
        if not (self._ends or self.has_terminal or self._is_in_front()):
            self._stop()

    def _stop(self) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)

    def _is_in_front(self) -> bool:
        """Whether a shell has left the terminal to this program; of one that is gone nobody knows."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return True

    def disable_input(self) -> None:
        if self.has_terminal:
            super().disable_input()

    def stop_application_mode(self) -> None:
        if self.has_terminal:
            if not self._is_in_front():
                self.attrs_before = None  # the shell that has it has set it as it wants it
            super().stop_application_mode()

    def close(self) -> None:
        if self.has_terminal:
            super().close()
            self._writer_thread = None
