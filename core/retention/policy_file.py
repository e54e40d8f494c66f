"""The retention policy as somebody wrote it: read with its comments, checked as it is typed, written back."""

from abc import ABC, abstractmethod

import msgspec

from ..errors import ConfigError, NotSupported
from ..repositories import RunRepository
from .policy import Policy


class Written(msgspec.Struct, kw_only=True, frozen=True):
    """What a configuration says about retention."""

    text: str = ""
    """YAML, with its comments, as it stands; empty if it says nothing."""
    file: str = ""
    """The file that says it, or would."""
    stamp: str = ""
    """Tells whether the file has become another one since; empty if there was none."""


class Retention(msgspec.Struct, kw_only=True, frozen=True):
    """A policy, and how often it acts by itself."""

    policy: Policy
    every: float
    """Seconds between two passes."""


class PolicyMistake(ConfigError):
    """What is wrong with a policy that is being written, and in which of its lines."""

    def __init__(self, error: ConfigError, where: str, line: int | None, said: Retention | None = None) -> None:
        super().__init__(error.what, where=where, advice=error.advice)
        self.said = said
        """What is said all the same, where the mistake is a name that no run bears."""
        self.line = line
        """From 0 on; None if it is about the whole."""


class PolicyFile(ABC):
    """Where a store's retention policy is written. Thread-safe; every method may block."""

    @abstractmethod
    def read(self) -> Written:
        """What it says now; ConfigError if the file cannot be read."""

    @abstractmethod
    def checked(self, text: str, runs: RunRepository | None = None) -> Retention:
        """What a text says; PolicyMistake for the first mistake in it, and for a name that none of `runs` bears."""

    @abstractmethod
    def write(self, text: str, before: Written) -> Written:
        """Lets the file say this from now on, and all else in it stays byte for byte.

        Killed at any moment it leaves the one or the other, whole. Conflict if the file has changed since `before`
        was read; ConfigError if this is no policy, or if the file cannot be rewritten as it stands; ReadOnly.
        """


class Lent(PolicyFile):
    """A store's policy as it is shown to one session: it may be looked at and tried, and not written."""

    def __init__(self, whole: PolicyFile) -> None:
        self._whole = whole

    def read(self) -> Written:
        return self._whole.read()

    def checked(self, text: str, runs: RunRepository | None = None) -> Retention:
        return self._whole.checked(text, runs)

    def write(self, text: str, before: Written) -> Written:
        what = "the policy is not one session's alone"
        raise NotSupported(what, where=before.file, advice="open the store without --session to change it")
