"""`store.scoped` over transcripts: another session, or another project, is not there for whoever looks at one."""

from contextlib import closing

import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.core import annotations as a
from flightlog.core.errors import NotFound
from flightlog.core.query.query import EVERYTHING, parse
from public_reads import asked_by_id, told_without_an_id

OWN, OTHER = "3e3f9a73-034c-49f7-85e6-343e16b5797d", "c12e2860-3aad-496b-96be-5fe4fb31905b"
OF_ANOTHER = ("web-shop", "cart", OTHER)
"""What only the other session tells."""


@pytest.fixture(params=["session", "project"])
def two(request, claude):
    """The view of one session, or project; its run, and one of another of both."""
    with closing(open_source(claude, in_memory=True)) as store:
        runs = {run.source_id: store.runs.get(run.id) for run in store.runs.query(EVERYTHING, limit=100).items}
        own, other = runs[OWN], runs[OTHER]
        yield store.scoped(**{request.param: getattr(own, request.param)}), own, other


def test_every_call_that_takes_an_id_finds_none_of_another_and_the_own(two):
    scoped, own, other = two
    foreign = dict.fromkeys(("run", "other", "checkpoint", "a", "b"), other.id) | {"one": own.id}
    asked = asked_by_id(scoped, foreign)
    assert len(asked) > 20
    assert not [(name, word) for name, sentence in asked for word in OF_ANOTHER if word in sentence]
    with pytest.raises(NotFound):
        scoped.runs.annotate(a.Pinned(run=other.id))
    assert scoped.runs.get(own.id) == own
    assert scoped.runs.messages(own.id).items
    assert scoped.runs.cost_records(own.id)


def test_no_list_and_no_sum_tells_of_another(two):
    scoped, own, other = two
    told = told_without_an_id(scoped, own.id, other.id)
    assert {"query", "totals", "costs", "workflows", "sessions", "projects", "search"} <= {name for name, _ in told}
    for name, text in told:
        assert not [word for word in (*OF_ANOTHER, other.id) if word in text], name
    assert own.id in dict(told)["query"]
    for query in (f"session:{OTHER}", "workflow:web-shop", "cart", "log:cart", "agent:claude"):
        assert other.id not in {run.id for run in scoped.runs.query(parse(query), limit=100).items}
    for text in (other.id, other.id[:12], OTHER):
        with pytest.raises(NotFound):
            scoped.runs.resolve(text)
    changes = scoped.feed.changes(0)
    assert other.id not in changes.changed and own.id in changes.changed
