"""The configuration of a data directory, switched to another place: written whole beside, read again, then renamed."""

import os
from pathlib import Path

from ...core.config import Config, Storage
from ...core.errors import ConfigError
from ..journal import disk
from ..journal.layout import Layout
from .beside import write_beside
from .config_file import load_config
from .effective_config import decided
from .places import CONFIG, Place
from .rewriting import Told, rewritten, with_archive

_CONCERNS = ("logs", "workflows", "metrics")
_ROOM = "free some space and do it again: the configuration is as it was, and what was carried is not carried twice"


class Switch:
    """Makes the configuration that is in force at a data directory name other places.

    `url` is how the URL of a server is to be written: with `${NAME}` where a secret is.
    """

    def __init__(self, where: Place, settings: Config, wanted: Config, url: str = "") -> None:
        assert where.root is not None
        self._where, self._settings, self._wanted, self._url = where, settings, wanted, url
        self._root = Path(os.path.abspath(where.root))
        self.file = Path(settings.file) if settings.file else self._root / CONFIG
        self._archive = _archive(settings, wanted)

    def check(self) -> None:
        """ConfigError if it will not be possible; writes nothing that stays."""
        self._written().unlink()

    def make(self) -> None:
        """Switches. Killed at any moment it leaves the one or the other, whole. ConfigError, StorageError."""
        try:
            os.replace(self._written(), self.file)
            disk.sync_folder(self.file.parent)
        except OSError as error:
            raise disk.storage_error(error, self.file, "switching the configuration", room=_ROOM) from error

    def _written(self) -> Path:
        """A file beside that says what is wanted, and all else as it was."""
        text = self.file.read_text("utf-8-sig") if self.file.exists() else ""
        if self._archive != self._settings.archive:
            text = with_archive(text, self._named(Path(self._archive or "")))
        explicit = [name for name in _CONCERNS if getattr(self._settings, name) and self._is_explicit(name)]
        for concerns in (["logs", *(name for name in explicit if name != "logs")], list(_CONCERNS)):
            new = rewritten(text, {name: self._told(name) for name in concerns})
            beside = write_beside(self.file, new, "writing the configuration", _ROOM)
            is_right = False
            try:
                is_right = self._says_what_is_wanted(beside)
            finally:
                if not is_right:
                    beside.unlink()
            if is_right:
                return beside
        lines = "; ".join(f"storage.{name}: {dict(self._told(name))}" for name in _CONCERNS)
        raise ConfigError("cannot be rewritten as it stands", where=self.file, advice=f"write by hand: {lines}")

    def _says_what_is_wanted(self, file: Path) -> bool:
        try:
            found = decided(self._where._replace(root=self._root), load_config(self._root, file), None)
        except ConfigError:
            return False
        before, after = self._settings, self._wanted
        return (
            found.archive == self._archive
            and all(getattr(found, name) == getattr(after, name) for name in _CONCERNS)
            and all(getattr(found, name) == getattr(before, name) for name in ("mirror", "sources", "policies"))
        )

    def _is_explicit(self, concern: str) -> bool:
        origin = self._settings.origins.get(f"storage.{concern}", "")
        return bool(self._settings.file) and origin.startswith(self._settings.file)

    def _told(self, concern: str) -> Told:
        kept = getattr(self._wanted, concern)
        assert isinstance(kept, Storage)
        if kept.type == "postgres":
            return {"type": kept.type, "url": self._url or kept.url}
        return {"type": kept.type, "path": self._named(Path(kept.path))}

    def _named(self, path: Path) -> str:
        """A path as the configuration has it."""
        inside = path.relative_to(self._root) if path.is_relative_to(self._root) else path
        return str(inside).replace("${", "$${")


def _archive(settings: Config, wanted: Config) -> str | None:
    """The folder that is configured for archived runs; where they lie in files, one in their data directory, for no
    other store of files could be opened.
    """
    assert wanted.logs
    home = Path(wanted.logs.path).parent
    if not settings.archive or wanted.logs.type != "file" or home in Path(settings.archive).parents:
        return settings.archive
    return str(Layout(home).archive)
