"""What a store can be asked: one interface for each concern, whatever keeps the data.

Obligations of every method of every repository, each proved by the contract suite:

- **Threads.** Any method may be called from any thread, also several at once.
- **Immutability.** What is returned never changes afterwards; the caller may keep it.
- **Errors.** Only the classes of `core.errors` leave a repository. An id that is unknown, or
  that another session owns, is `NotFound`. A store opened read-only, or a source, answers every
  change with `ReadOnly`.
- **Freshness.** A read sees every event acknowledged before it began (by any process of this machine). Who shows
  a store to a person reads `hurried` (`core.hurry`): what is committed, and all that the store itself recorded, at
  once, and what others are just recording as soon as the feed tells of it. Where a long journal of files was never
  read, he is told at once of as much as is read, can read its log at any place, and is told when all of it is read.
- **Order.** Lists have a stated total order; pages continue exactly where the last one ended.
- **Text** comes back as it was recorded; its only way to a terminal is `core.text.safe_text`.
"""

from .checkpoints import CheckpointRepository
from .feed import FeedRepository
from .logs import LogRepository
from .metrics import MetricsRepository
from .recording import RecordingRepository, RunWriter
from .runs import RunRepository
from .upkeep import UpkeepRepository
from .workflows import WorkflowRepository

__all__ = [
    "CheckpointRepository",
    "FeedRepository",
    "LogRepository",
    "MetricsRepository",
    "RecordingRepository",
    "RunRepository",
    "RunWriter",
    "UpkeepRepository",
    "WorkflowRepository",
]
