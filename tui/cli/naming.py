"""Workflows that somebody names and that are not there: what may be meant."""

from difflib import get_close_matches

from ...core.errors import NotFound, meant
from ...core.store import Store


def workflows_of(store: Store) -> set[str]:
    """The ids of all workflows that have versions or runs."""
    return {one.id for one in (*store.runs.workflows(), *store.workflows.list_all())}


def no_workflow(store: Store, workflow: str) -> NotFound:
    """The error for a workflow that is not there."""
    near = get_close_matches(workflow, sorted(workflows_of(store)), 3)
    return NotFound("no such workflow", where=workflow, advice=meant(near, "see `flightlog workflows`"))
