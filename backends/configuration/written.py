"""A path as a person writes it: `~` and `~ana` are the folders of users."""

import os
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
