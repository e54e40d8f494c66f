"""The values of one thread, read while it is told; what cannot be read is named and left out."""

from sqlite3 import Connection

from ....core.errors import Corrupt, NotFound
from ....core.events import Json
from . import rows
from .facts import Trouble
from .messages import Said, messages_in
from .rows import WriteRow
from .state import channel_values


class ValueReader:
    """Reads states and writes of a thread. `troubles` are the values that could not be read."""

    def __init__(self, connection: Connection, thread: str) -> None:
        self._connection, self._thread = connection, thread
        self._sources: dict[tuple[str, str], str] = {}
        self.troubles: list[Trouble] = []

    def source(self, ns: str, checkpoint: str) -> str:
        """What made a snapshot, as its metadata say: `input`, `loop`, `update` or `fork`."""
        if (ns, checkpoint) not in self._sources:
            try:
                found = rows.metadata(self._connection, self._thread, ns, checkpoint)
            except Corrupt as error:
                self._trouble(f"metadata of checkpoint {checkpoint}", error)
                found = {}
            self._sources[ns, checkpoint] = str(found.get("source", ""))
        return self._sources[ns, checkpoint]

    def held(self, ns: str, checkpoint: str) -> list[Said]:
        """The messages in a state."""
        channels = channel_values(self.state(ns, checkpoint))
        return [said for name in sorted(channels) for _, said in messages_in(channels[name])]

    def state(self, ns: str, checkpoint: str) -> Json:
        """A decoded snapshot; None if it cannot be read."""
        try:
            return rows.snapshot(self._connection, self._thread, ns, checkpoint)
        except (Corrupt, NotFound) as error:
            return self._trouble(f"checkpoint {checkpoint}", error)

    def value(self, row: WriteRow) -> Json:
        """What a task wrote; None if it cannot be read."""
        try:
            return rows.written(self._connection, row)
        except (Corrupt, NotFound) as error:
            return self._trouble(f"write {row.channel} of task {row.task}, checkpoint {row.checkpoint}", error)

    def _trouble(self, where: str, error: Corrupt | NotFound) -> None:
        self.troubles.append(Trouble(where, error.what))
