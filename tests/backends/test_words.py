"""Bare words find what they name, however a recorder spaced, cased or composed it."""

import flightlog
import pytest
from flightlog.core.query.query import parse


@pytest.mark.parametrize("storage", ["file", "sqlite"])
@pytest.mark.parametrize("query", ['"sort the inbox"', "CAFÉ", "cafe\u0301", "inbox", "re-rank", "nightly"])
def test_words_are_folded_as_queries_are(tmp_path, storage, query):
    with flightlog.open(tmp_path, storage=storage) as store:
        with (
            store.run("w", objective="Sort  the\nInbox", name="café \x1e \ud800", tags=["Nightly"]) as run,
            run.step("Re-Rank"),
        ):
            pass
        assert store.runs.count(parse(query)) == 1
        assert store.runs.count(parse("nothing of it")) == 0
