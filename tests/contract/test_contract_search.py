"""A search finds on every engine what the rule of core finds in the texts, however far the index has come."""

from random import Random

from flightlog.core.log_words import phrase, wanted
from flightlog.core.query.query import EVERYTHING, parse

WORDS = [
    "retry",
    "Retrying",
    "time-out",
    "timeout",
    "429",
    "a_b",
    "Straße",
    "東京",
    "é",
    "e\u0301",
    "=>",
    "'",
    '"',
    "x*",
]
TEXTS = [
    *("retry", "RETRY*", "timeout 429", '"timeout 429"', "time out", '"time out"', "strasse", "京", "a_b", "b a", "e*"),
    *("é", "=>", "'", "x", "nothing", "retry nothing", "4*", "", '"', "or", "AND", "NOT retry", "words:retry"),
]


def recorded(store, rng: Random, runs: int) -> dict[str, list[str]]:
    told = {}
    for _ in range(runs):
        with store.run("w") as run:
            told[run.id] = [" ".join(rng.choices(WORDS, k=rng.randint(1, 6))) for _ in range(rng.randint(0, 12))]
            for message in told[run.id]:
                run.log(message)
    return told


def check(store, told: dict[str, list[str]]) -> None:
    for text in TEXTS:
        asked = wanted(text)
        expected = [(run, said) for run in sorted(told, reverse=True) for said in told[run] if asked.accepts(said)]
        assert [(entry.run, entry.message) for entry in store.logs.search(text, EVERYTHING)] == expected, text
    for text in ("retry", "retry*", "time out", "strasse", "nothing", "京"):
        asked = phrase(text)
        expected = [run for run in sorted(told, reverse=True) if any(map(asked.accepts, told[run]))]
        query = parse(f'log:"{text}"')
        assert [run.id for run in store.runs.query(query).items] == expected, text
        assert store.runs.count(query) == len(expected)
        assert store.runs.count(parse(f'-log:"{text}"')) == len(told) - len(expected)


def test_a_search_finds_what_the_texts_hold(place):
    store, rng = place.open(), Random(7)
    told = recorded(store, rng, 12)
    check(store, told)
    told |= recorded(store, rng, 6)  # of which the index knows nothing yet
    check(store, told)


def test_a_run_that_goes_on_is_found_by_its_newest_words(place):
    store = place.open()
    with store.run("w") as run:
        for number in range(5):
            run.log(f"needle{number}")
            (hit,) = store.logs.search(f"needle{number}", EVERYTHING)
            assert hit.message == f"needle{number}"
    assert len(list(store.logs.search("needle*", EVERYTHING))) == 5


def test_in_a_moment_is_found_what_the_index_takes_in_only_then(target):
    store = target.open()
    with store.run("w") as run:
        run.log("needle")
    with store.moment():
        assert store.runs.count(parse("log:needle")) == 1
        assert [entry.run for entry in store.logs.search("needle", EVERYTHING)] == [run.id]
