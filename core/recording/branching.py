"""A run that starts at another run's checkpoint: that one state is copied, so that no value refers outside its run."""

from ..checkpoints import StoredState
from ..errors import StorageError
from ..events import CheckpointSaved, Logged, Opaque
from ..ids import new_ulid
from .tape import Tape


def copy_state(tape: Tape, checkpoint: str) -> None:
    """Records the state at another run's checkpoint as the run's first one.

    It is read through the store's reading side, so that a beginning like this costs an agent a look into an index
    or database. A state that cannot be read hinders no run: a log entry says why it is missing.
    """
    try:
        state = tape.store.checkpoints.stored(checkpoint)
    except StorageError as error:
        message = f"the state of checkpoint {checkpoint[:60]} was not copied: {error}"
        tape.append(Logged(level="WARNING", kind="recording", message=message))
        return
    _record(tape, state)


def _record(tape: Tape, state: StoredState) -> None:
    put = tape.writer.put_value
    saved = CheckpointSaved(
        checkpoint=new_ulid(),
        label=f"from run {state.run}",
        values={key: put(body, key=key) for key, body in state.values.items()},
        sizes={key: len(body) for key, body in state.values.items()},
        opaque={
            key: Opaque(digest=put(body, opaque=True), size=len(body), note=state.notes.get(key, ""))
            for key, body in state.opaque.items()
        },
    )
    with tape.lock:
        tape.append(saved)
        tape.last_checkpoint = saved.checkpoint
