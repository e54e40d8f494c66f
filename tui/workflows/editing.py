"""Text in the person's own editor, and what is wrong with YAML before it is saved."""

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from ...core.errors import ConfigError, StorageError
from ..files import refused


def own_editor() -> list[str]:
    """The words that start the editor that VISUAL or EDITOR name; ConfigError if they name none. No shell sees them."""
    name = "VISUAL" if os.environ.get("VISUAL") else "EDITOR"
    text = os.environ.get(name, "")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} cannot be read: {error}", where=name) from error
    if not words:
        raise ConfigError("no editor is named", where=name, advice="set EDITOR, or write here")
    return words


def edited(text: str, name: str) -> str:
    """The text as the person's editor left it; the editor's file is called `name`.

    It waits for the editor, which has the terminal meanwhile. StorageError, ConfigError; then what was
    written stays in the file, which the error names.
    """
    words = own_editor()
    path = _lent(text, name)
    folder = path.parent
    try:
        code = subprocess.run([*words, str(path)], check=False).returncode
        written = path.read_bytes().decode()
    except FileNotFoundError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ConfigError(f"there is no editor {words[0]!r}", advice="set EDITOR, or write here") from error
    except (OSError, UnicodeError) as error:
        raise StorageError(f"what the editor wrote cannot be read: {error}", where=path) from error
    if code:
        raise StorageError(f"the editor ended with {code}: nothing was taken over", where=path)
    shutil.rmtree(folder, ignore_errors=True)
    return written


def _lent(text: str, name: str) -> Path:
    """A file with the text, in a folder of its own; StorageError, and then neither is there."""
    where = ""
    try:
        where = tempfile.mkdtemp(prefix="flightlog-")
        path = Path(where) / name
        path.write_bytes(text.encode())
    except (OSError, UnicodeError) as error:
        if where:
            shutil.rmtree(where, ignore_errors=True)
        raise refused("no file can be lent to the editor", error, where, otherwise="write here") from error
    return path


def mistake_in(text: str) -> tuple[int | None, str]:
    """Line (from 0) and words of what is no YAML in a text; no words if it is."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for _ in yaml.parse(text, Loader=loader):
            pass
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error).partition("\n")[0]
        return (mark.line, f"line {mark.line + 1}, column {mark.column + 1}: {why}") if mark else (None, why)
    except UnicodeEncodeError:
        return None, "there are characters that no file can hold (lone surrogates)"
    return None, ""
