"""What is new is asked of a feed page by page, and nothing is asked for twice."""

import pytest
from flightlog.core.feed import Changes, news, news_of


class Feed:
    """Changes one by one, as a store with a great many of them gives them; None for one of another session's runs."""

    def __init__(self, *changed):
        self._changed = changed

    def cursor(self):
        return len(self._changed)

    def changes(self, since):
        found = self._changed[since : since + 1]
        after = since + len(found)
        return Changes(cursor=after, changed=tuple(filter(None, found)), more=after < len(self._changed))


def test_who_never_asked_finds_all_new():
    assert news(Feed("a"), None) == (1, True)
    assert news_of(Feed("a"), None, ["b"]) == (1, True)


def test_who_reads_everything_anew_goes_on_from_the_present():
    feed = Feed("a", "b", "c")
    assert news(feed, 0) == (3, True)
    assert news(feed, 3) == (3, False)
    assert news(Feed(None, None, "c", "d"), 0) == (4, True)
    assert news(Feed(None, None), 0) == (2, False)


@pytest.mark.parametrize(("runs", "named"), [(["c"], True), ("a", True), (["x"], False), ([], False)])
def test_of_some_runs_every_page_is_looked_at(runs, named):
    assert news_of(Feed("a", "b", "c"), 0, runs) == (3, named)
