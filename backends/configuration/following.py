"""The configuration by which a store was opened, followed while it is open: it may have been moved since."""

import os
from pathlib import Path

from ...core.config import Config
from ...core.errors import ConfigError, StorageError
from .config_file import load_config
from .effective_config import decided
from .places import CONFIG, Place


class Followed:
    """A configuration as it was when a store was opened. Thread-safe."""

    def __init__(self, where: Place, settings: Config) -> None:
        """`where` is a data directory, `settings` what is in force there."""
        assert where.root is not None
        # Absolute, for the program may go into another folder.
        self._where = where._replace(root=Path(os.path.abspath(where.root)))
        self._logs, self._named = settings.logs, settings.file
        self._file = Path(os.path.abspath(settings.file or where.root / CONFIG))
        self._seen = self._look()

    def moved(self) -> str:
        """Where runs are kept by now, if that is another place than it was; else empty. Costs a `stat`."""
        now = self._look()
        if now == self._seen or now is None:
            return ""
        assert self._where.root is not None
        try:
            found = decided(self._where, load_config(self._where.root, self._named and self._file), None)
        except (ConfigError, StorageError):
            return ""  # somebody is just writing it, or the disk fails: who opens it next is told
        if found.logs == self._logs:
            self._seen = now
            return ""
        return found.logs.shown if found.logs else ""

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._file)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
