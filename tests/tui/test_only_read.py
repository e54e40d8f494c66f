"""What a person is told who wants to change what is only read."""

from flightlog.core.runs import Run
from flightlog.tui.screens.annotations import only_read


def test_of_another_programs_run_it_is_told_where_a_copy_can_be_archived():
    told = only_read(Run(id="01", workflow="w", source="langgraph"))
    assert told.startswith("langgraph data are only read") and "sources:" in told
    assert only_read(Run(id="01", workflow="w")) == only_read(None) == "opened read-only: nothing is changed"
