"""The retention policy of a configuration: shown as it is written, checked, and written back into its file."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from ...core.config import Config
from ...core.errors import ConfigError, Conflict, FlightlogError, ReadOnly
from ...core.repositories import RunRepository
from ...core.retention.names import check_names
from ...core.retention.policy_file import PolicyFile, PolicyMistake, Retention, Written
from ..journal import disk
from .beside import write_beside
from .config_file import load_config, retention_in, unreadable
from .places import CONFIG
from .policies import RETENTION, every_of, policy_of
from .policy_text import line_of, policy_text, with_policy

_BOM = "\ufeff"
_ROOM = "free some space and save it again; the policy is as it was"


class ConfiguredPolicy(PolicyFile):
    """The policy in the configuration of a data directory, or the one that there is to be."""

    def __init__(self, root: Path, file: str, refusal: Callable[[], ReadOnly] | None = None) -> None:
        """`file` is the configuration that was read, empty if there is none; `refusal` answers who would write."""
        # Absolute, for the program may go into another folder.
        self._root = Path(os.path.abspath(root))
        self._file = Path(os.path.abspath(file or root / CONFIG))
        self._refusal = refusal

    def read(self) -> Written:
        return self._said(self._bytes())

    def checked(self, text: str, runs: RunRepository | None = None) -> Retention:
        found: Retention | None = None
        try:
            found = _retention(self._parsed(text))
            if runs is not None and runs.totals().runs:  # of names in a store without runs nobody can tell
                check_names(found.policy, runs)
            return found
        except ConfigError as error:
            raise self._mistake(error, text, found) from error

    def write(self, text: str, before: Written) -> Written:
        if self._refusal is not None:
            raise self._refusal()
        try:
            found = self._parsed(text)
            _retention(found)
        except ConfigError as error:
            raise self._mistake(error, text) from error
        now = self._bytes()
        if _stamp(now) != before.stamp:
            raise Conflict("the file was changed meanwhile", where=self._file, advice="take what it says now first")
        new = with_policy(_text(now), text)
        self._replace((_BOM if _has_bom(now) else "") + new, found)
        return self._said(self._bytes())

    # Reading.

    def _bytes(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(error, self._file) from error

    def _said(self, raw: bytes | None) -> Written:
        if raw is None:
            return Written(file=str(self._file))
        load_config(self._root, self._file)  # what cannot be read whole is not shown in part
        try:
            text = policy_text(_text(raw)).replace("\r\n", "\n")
        except ConfigError as error:
            raise ConfigError(error.what, where=self._file, advice=error.advice) from error
        return Written(text=text, file=str(self._file), stamp=_stamp(raw))

    def _parsed(self, text: str) -> Config:
        return retention_in(text, self._file, self._root)

    def _mistake(self, error: ConfigError, text: str, found: Retention | None = None) -> PolicyMistake:
        key = error.where.removeprefix(f"{self._file}").removeprefix(": ")
        said = re.search(r"\bline (\d+)", error.what)
        line = int(said[1]) - 1 if said and not key else line_of(text, key)
        return PolicyMistake(error, key, line, found)

    # Writing.

    def _replace(self, new: str, wanted: Config) -> None:
        # What a link leads to is written, and the link stays.
        file = Path(os.path.realpath(self._file))
        beside = write_beside(file, new, "writing the policy", _ROOM)
        try:
            if not self._says(beside, wanted):
                advice = "write it by hand"
                raise ConfigError("cannot be rewritten as it stands", where=self._file, advice=advice)
            os.replace(beside, file)
            disk.sync_folder(file.parent)
        except OSError as error:
            raise disk.storage_error(error, self._file, "writing the policy", room=_ROOM) from error
        finally:
            beside.unlink(missing_ok=True)

    def _says(self, beside: Path, wanted: Config) -> bool:
        """Whether a file says what is wanted about retention, and everything else as before."""
        try:
            before = load_config(self._root, self._file) if self._file.exists() else Config()
            after = load_config(self._root, beside)
        except FlightlogError:
            return False
        kept = {key: value for key, value in before.policies.items() if key not in RETENTION}
        same = msgspec.structs.replace(after, file=before.file, policies={}, origins={})
        return after.policies == kept | wanted.policies and same == msgspec.structs.replace(
            before, policies={}, origins={}
        )


def _retention(found: Config) -> Retention:
    policy = policy_of(found)
    if policy is None:
        advice = "give `retention` a block, or set max_size or max_runs"
        raise ConfigError("nothing is said about what may go", advice=advice)
    policy.check()
    return Retention(policy=policy, every=every_of(found))


def _has_bom(raw: bytes | None) -> bool:
    return raw is not None and raw.startswith(_BOM.encode())


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8-sig")


def _stamp(raw: bytes | None) -> str:
    return "" if raw is None else hashlib.sha256(raw).hexdigest()
