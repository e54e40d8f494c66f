"""Why a run is left alone: the same for every store."""

from ...core.operations import Chosen
from ...core.runs import FINISHED, Run
from .record import Act
from .shelf import Seen


def refusal(act: Act, seen: Seen, chosen: Chosen) -> str:
    """Why this is not done with the run, as a clause; empty if it is."""
    if act in ("purge", "untrash"):
        return _in_trash(act, seen)
    if seen.busy:
        return seen.busy
    if act == "copy":
        return "its copy lies in the trash" if seen.trashed else "it is copied already" if seen.run else ""
    return _of_run(act, seen, seen.run, chosen) if seen.run else "it is not there"


def _of_run(act: Act, seen: Seen, run: Run, chosen: Chosen) -> str:
    if act == "restore":
        return "" if run.archived else "it is not archived"
    if act == "uncopy":
        return _as_copy(run) or _orphans(act, seen)
    return _standing(act, run) or _changed(run, chosen) or _orphans(act, seen)


def _in_trash(act: Act, seen: Seen) -> str:
    if not seen.trashed:
        return "it is not in the trash any more"
    return "a run of this id is there again" if act == "untrash" and seen.run else ""


def _standing(act: Act, run: Run) -> str:
    if act == "archive" and run.archived:
        return "it is archived already"
    if run.pinned:
        return "it is pinned"
    if run.status in FINISHED or (act == "trash" and (run.archived or run.status == "lost")):
        return ""
    if run.status == "lost":
        return "it is lost: take it up with store.resume(id), which may end it, or move it to the trash"
    return f"it is {run.status}"


def _as_copy(run: Run) -> str:
    if not run.archived:
        return "it was restored since: move it to the trash if it is not wanted any more"
    return "it is pinned" if run.pinned else ""


def _changed(run: Run, chosen: Chosen) -> str:
    if chosen.last_seq is not None and run.last_seq != chosen.last_seq:
        return "it became active since it was looked at"
    if chosen.status and run.status != chosen.status:
        return f"it is {run.status} by now"
    if chosen.archived is not None and run.archived != chosen.archived:
        return "it was archived since" if run.archived else "it was restored since"
    return ""


def _orphans(act: Act, seen: Seen) -> str:
    if act in ("trash", "uncopy") and seen.children:
        return f"it is the parent of run {seen.children[0]}, which is there"
    return ""
