"""What an operation is about to do is told before it is done."""

import pytest
from flightlog.core.choosing import refusal, survey
from flightlog.core.runs import Run


class Counts:
    """Answers how many runs a workflow has."""

    def __init__(self, **runs: int) -> None:
        self._runs = runs

    def count(self, query) -> int:
        return next(number for name, number in self._runs.items() if name in query.text)


def made(id: str, **facts) -> Run:
    """A finished run, unless told otherwise."""
    return Run(**{"id": id, "workflow": "triage", "status": "completed", "size_bytes": 10, "last_seq": 3} | facts)


@pytest.mark.parametrize(
    ("facts", "doing", "why"),
    [
        ({}, "archive", ""),
        ({}, "trash", ""),
        ({}, "restore", "is not archived"),
        ({"archived": True}, "restore", ""),
        ({"archived": True}, "archive", "is archived already"),
        ({"archived": True}, "trash", ""),
        ({"pinned": True}, "trash", "is pinned"),
        ({"pinned": True, "archived": True}, "restore", ""),
        ({"status": "running"}, "trash", "is running"),
        ({"status": "waiting"}, "archive", "is waiting"),
        ({"status": "lost"}, "trash", ""),
        ({"status": "lost"}, "archive", "is lost, not finished"),
        ({"source": "langgraph"}, "trash", "belongs to another program: only a copy of it can be archived"),
        ({"source": "langgraph"}, "archive", ""),
        ({"source": "langgraph", "status": "waiting"}, "archive", "is waiting"),
    ],
)
def test_what_may_be_done_with_a_run(facts, doing, why):
    assert refusal(made("1", **facts), doing) == why


def test_a_survey_counts_what_goes_and_what_stays():
    runs = [made("1"), made("3", size_bytes=None), made("2", workflow="report"), made("4", status="running")]
    found = survey("trash", runs, Counts(triage=3, report=1))
    assert [one.run for one in found.chosen] == ["3", "2", "1"]
    assert (found.size_bytes, found.unknown) == (20, 1)
    assert found.refused == {"is running": 1}
    assert found.workflows == {"triage": 2, "report": 1}
    assert found.emptied == ("report",)
    assert (found.chosen[0].status, found.chosen[0].last_seq, found.chosen[0].archived) == ("completed", 3, False)


def test_what_is_archived_leaves_no_workflow_empty():
    assert survey("archive", [made("1")], Counts(triage=1)).emptied == ()


@pytest.mark.parametrize(
    ("sizes", "told"), [([536, 944], True), ([536, 1489], False), ([536, None], False), ([1489], False), ([], False)]
)
def test_runs_that_take_more_in_the_archive_are_known_before(sizes, told):
    runs = [made(str(number), size_bytes=size) for number, size in enumerate(sizes)]
    assert survey("archive", runs, Counts(triage=9)).swell is told
    assert survey("trash", runs, Counts(triage=9)).swell is False
