"""The few errors that Flightlog raises; each tells what, where and what to do next."""

from collections.abc import Sequence


class FlightlogError(Exception):
    """Base of all our errors.

    `what` is the fault in one clause, `where` the file, run or key it concerns,
    `advice` the next step. `str()` of the error is one sentence that a person can act on.
    """

    def __init__(self, what: str, *, where: object = "", advice: str = "") -> None:
        self.what, self.where, self.advice = what, str(where), advice
        super().__init__(what, self.where, advice)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}" + (f"; {self.advice}" if self.advice else "")


class ConfigError(FlightlogError):
    """A mistake in the configuration: `where` is the file and key, `advice` what is allowed."""


class StorageError(FlightlogError):
    """A store could not do what was asked; nothing was half done."""


class NotFound(StorageError):
    """No such thing, or it belongs to another session than the store's scope."""

    near: tuple[str, ...] = ()
    """What may be meant, where something of nearly that name is there."""


class Conflict(StorageError):
    """The thing exists already, is finished, or another writer has it."""


class Corrupt(StorageError):
    """What was read is damaged; it was set aside and named, the rest is readable."""


class Locked(StorageError):
    """Somebody else holds the lock; the message says who, where known."""


class ReadOnly(StorageError):
    """The store or source cannot be written."""


class Full(StorageError):
    """The disk has no room for what is to be written."""


class NotSupported(StorageError):
    """This backend or source cannot do that; the message names what can."""


class Stopped(FlightlogError):
    """Somebody asked that it be stopped, and it was: what was at hand is as it was before."""


def no_run(run: str, near: Sequence[str] = ()) -> NotFound:
    """The error for a run that is not there, or that belongs to another session; `near` are what may be meant."""
    advice = "`flightlog ls` lists the runs"
    error = NotFound(f"there is no run {str(run)[:60]!r}", advice=meant(near, advice))
    error.near = tuple(near)
    return error


def meant(near: Sequence[str], advice: str) -> str:
    """The advice to whoever named what is not there, but something of nearly that name is."""
    return f"did you mean {' or '.join(repr(name[:60]) for name in near)}?" if near else advice


def no_checkpoint(checkpoint: str) -> NotFound:
    """The error for a checkpoint that is not there, or that belongs to another session's run."""
    return NotFound(f"there is no checkpoint {str(checkpoint)[:60]!r}", advice="`flightlog states RUN` lists a run's")


def no_id(kind: str) -> StorageError:
    """The error for a thing of this type in the place of an id, such as the run itself."""
    return StorageError(f"a value of type {kind} is no id and no text", advice="of a run give its id, as in run.id")
