"""A store with something to clean up, and a folder outside of it that must stay as it is."""

import hashlib
import os
from pathlib import Path

from strace_points import said_by
from verb_scene import recorded

YES = "--yes"


def tree(folder: Path) -> str:
    """Digest of all that is in a folder: names, kinds, modes, owners and bytes."""
    found = hashlib.sha256()
    for path in sorted([folder, *folder.rglob("*")]):
        here = path.lstat()
        told = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found.update(repr((str(path), here.st_mode, here.st_uid, here.st_nlink, told)).encode())
    return found.hexdigest()


class Place:
    """A store with an archived run, one in the trash and two that are live, and a folder outside of it."""

    def __init__(self, folder: Path, storage: str) -> None:
        self.data, self.outside, self.storage = folder / "data", folder / "outside", storage
        self.outside.mkdir()
        (self.outside / "canary").write_bytes(b"not yours")
        self.digests = recorded(self.data, storage)
        self.archived, self.trashed, *self.live = self.digests
        assert self.call("archive", self.archived, YES)[0] == 0
        assert self.call("rm", self.trashed, YES)[0] == 0

    def call(self, *words: str) -> tuple[int, str]:
        """Exit code, and what was said."""
        return said_by(words, self.data)

    def refused(self, *words: str, codes: tuple[int, ...] = (0, 1, 2, 3)) -> str:
        """What a verb says that must come to an orderly end."""
        code, said = self.call(*words)
        assert code in codes and "Traceback" not in said, (words, code, said)
        if code in (1, 2):
            assert sum(line.startswith("flightlog: ") for line in said.splitlines()) == 1, (words, said)
        return said

    @property
    def archive(self) -> Path:
        return next((self.data / "archive").rglob("*.flz"))
