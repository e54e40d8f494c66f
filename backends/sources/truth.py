"""A source as replay reads it: every run read deeply before it is carried, its states looked up where they lie."""

from ...core.annotations import Annotation
from ...core.errors import NotSupported
from ...core.store import Store
from ..journal.layout import Layout
from ..replay.truth import Notes, Truth
from .repositories import SourceRuns


def truth_of_source(store: Store) -> Truth:
    """What a source's store holds; NotSupported for another store. Its events are made anew, its ids are ours."""
    runs = store.runs
    if not isinstance(runs, SourceRuns):
        raise NotSupported("this is no source", where=store.name)
    index = runs.index

    def annotate(annotation: Annotation) -> None:
        raise runs.foreign.read_only()

    def refresh() -> None:
        index.refresh()
        for run in truth.runs():
            if index.needs_details(run):
                index.details(run)

    truth = Truth(
        layout=Layout(index.path.parent),
        database=index.database,
        bodies=runs.replayed(),
        refresh=refresh,
        annotations=list,
        annotate=annotate,
        newer=lambda seen: ([], Notes()),
        records=None,
        record=None,
    )
    return truth
