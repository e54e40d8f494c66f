"""A path as a person writes it (`~` and `~ana` are the folders of users), and a look at what lies there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import ConfigError


def written_path(text: str | os.PathLike[str]) -> Path:
    """The path that is meant; ConfigError for what can be none."""
    path = Path(text)
    try:
        path = path.expanduser()
    except RuntimeError as error:
        what = f"nobody knows where the folder {path.parts[0]} is"
        raise ConfigError(what, where=path, advice="write the path out, without ~") from error
    if "\0" in os.fspath(path):
        raise ConfigError("a path has no NUL character in it", where=os.fspath(path).replace("\0", "␀"))
    return path


@contextmanager
def looking(path: Path) -> Iterator[None]:
    """A look at what lies somewhere; ConfigError where nobody may look, in another user's folder, say."""
    try:
        yield
    except OSError as error:
        what = f"this cannot be looked into: {error.strerror}"
        raise ConfigError(what, where=path, advice="check its owner and mode") from error
