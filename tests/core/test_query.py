"""The query language as it is read: nothing that is typed fails, and what is not understood is said."""

from datetime import UTC, datetime

import pytest
from flightlog.core.query.query import (
    EVERYTHING,
    KEYS,
    And,
    Call,
    KnownFacts,
    Or,
    Term,
    equals,
    of_call,
    parse,
    suggest,
)
from flightlog.core.query.query_tokens import pieces
from flightlog.core.runs import Run
from hypothesis import example, given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PIECES = [*KEYS, *'-|()":=<>!\\*. \t\n$\0\ud800', "!=", ">=", "--", "meta.a", 'meta."b c"']
PIECES += ["status:failed", "since:2d", "wörd", "12"]
typed = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map("".join))

RUN = Run(id="01jd2k0000000000000000000a", workflow="triage")


# --- reading and writing it down --------------------------------------------------------------------


@given(typed)
@example("((((((((((((((((((((((((((((((a")
@example("-" * 30 + "(")
@example("|".join("abc"))
@example('"\\')
def test_whatever_is_typed_parses_and_its_canonical_text_means_the_same(text):
    query = parse(text)
    assert query.text == text
    again = parse(str(query))
    assert again == query
    assert hash(again) == hash(query)
    assert not again.message
    assert str(again) == str(query)


@given(typed)
def test_whatever_is_typed_can_be_answered(text):
    assert parse(text).matches(RUN, KnownFacts(), NOW) in (True, False)


@given(st.sampled_from([name for name, key in KEYS.items() if key.kind == "name" and name != "meta"]), st.text())
def test_an_exact_value_may_be_any_text(key, value):
    query = equals(key, value)
    assert parse(str(query)) == query
    assert not parse(str(query)).message


@given(st.sampled_from(["model", "agent"]), st.text())
def test_an_exact_fact_of_a_call_may_be_any_text(fact, value):
    query = of_call(fact, value)
    assert parse(str(query)) == query
    assert query.matches(RUN, KnownFacts(calls=(Call(**{fact: value}),)))
    assert not query.matches(RUN, KnownFacts(calls=(Call(**{fact: value + "x"}),)))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("  triage   draft ", "triage draft"),
        ("a | b c", "a | b c"),
        ("(a b) | c", "(a b) | c"),
        ("((a) b)", "a b"),
        ("version!=3", "-version=3"),
        ("-version!=3", "version=3"),
        ("STATUS:Failed", "status:failed"),
        ('name:"x y"|z', 'name:"x y"|z'),
        ("error:foo(bar)", 'error:"foo(bar)"'),
        ("Pinned", "pinned"),
        ('"pinned"', '"pinned"'),
        (r'log:"back\slash"', r"log:back\slash"),
        (r'error:"of C:\new \"x\""', r'error:"of C:\\new \"x\""'),
        ("--verbose", '"--verbose"'),
        ("-(a | b)", "-(a | b)"),
        ('meta."odd key":1', 'meta."odd key":1'),
    ],
)
def test_canonical_text(text, canonical):
    query = parse(text)
    assert str(query) == canonical
    assert not query.message


def test_or_binds_more_tightly_than_the_space():
    a, b, c = (Term(values=(letter,)) for letter in "abc")
    assert parse("a | b c").root == And((Or((a, b)), c))
    assert parse("a|b c").root == And((Term(values=("a", "b")), c))
    assert parse("status:failed|lost pinned|a").root == And(
        (Term(key="status", values=("failed", "lost")), Or((Term(key="pinned"), a)))
    )


@pytest.mark.parametrize(
    ("text", "says", "canonical"),
    [
        ("stauts:failed", "at 1: 'stauts' is no key, did you mean 'status'?; searched as text", '"stauts:failed"'),
        ("a took>abc", "at 3: a length of time is wanted", 'a "took>abc"'),
        ("status:faild", "did you mean failed?", '"status:faild"'),
        ("workflow>3", "workflow takes : or =", '"workflow>3"'),
        ("workflow:", "workflow: wants a value", '"workflow:"'),
        ("meta:x", "meta.NAME wants a name", '"meta:x"'),
        ("status.x:y", "takes no name", '"status.x:y"'),
        ("pinned:yes", "at 1: 'pinned' stands alone; searched as text", '"pinned:yes"'),
        ("call.price:1", "of a call day, model, agent can be asked", '"call.price:1"'),
        ("call.day:soon", "an age or a date is wanted", '"call.day:soon"'),
        ("call.model>gpt", "call takes : or =", '"call.model>gpt"'),
        ("since:soon", "an age or a date is wanted", '"since:soon"'),
        ("(a", "not closed", '"(" a'),
        ('"a b', "not closed", '"a b"'),
        ("a |", "at 3: nothing stands beside |; it is left out", "a"),
        ("log:x | a", "log: stands beside the rest", "x | a"),
        ("-(log:x a)", "log: stands beside the rest", "-(x a)"),
        ("name:" + "x" * 1001, "at most 1,000 characters", '"name:' + "x" * 1001 + '"'),
    ],
)
def test_what_is_not_understood_is_said_and_searched_as_text(text, says, canonical):
    query = parse(text)
    assert says in query.message
    assert str(query) == canonical


EVERYDAY = ["C++", "foo-bar", "foo.bar", "AND", "it's", "50%", "a_b", "x,y", ")", "#1", "12:30", "*"]


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_words_need_no_quotes(text):
    assert parse(text).root == Term(values=(text,))
    assert not parse(text).message


@pytest.mark.parametrize("text", ["x" * 30_000, " ".join(f"w{n}" for n in range(201)), "id:" + "|".join("ab" * 101)])
def test_a_query_too_long_for_an_engine_is_one_text(text):
    query = parse(text)
    assert query.root == Term(values=(text,))
    assert "at most" in query.message


def test_a_deep_query_is_flattened_or_read_as_text():
    for text in ["(" * 1000 + "a" + ")" * 1000, "-(" * 1000 + "a" + ")" * 1000]:
        assert parse(str(parse(text))) == parse(text)


def test_a_mistyped_key_is_recognised():
    assert suggest("worfklow") == "workflow"
    assert suggest("zzzzzz") is None


def test_equal_queries_do_not_differ():
    assert parse("  a b") == parse("a  b")
    assert not parse("  a b") != parse("a  b")  # noqa: SIM202 - both operators are meant
    assert not parse(" ") != EVERYTHING  # noqa: SIM202
    assert parse("a") != parse("b")


def test_queries_join():
    scope = equals("session", "ana")
    assert str(scope & parse("a | b status:failed")) == "session=ana a | b status:failed"
    assert scope & EVERYTHING == scope
    assert (scope & parse("foo:bar")).message == parse("foo:bar").message
    assert parse("archived tag:x").keys() == {"archived", "tag"}


def test_what_counters_can_answer():
    assert EVERYTHING.counted() == {}
    assert parse("status:failed|lost workflow:a version:3 session=b project:c").counted() == {
        "status": {"failed", "lost"},
        "workflow": {"a"},
        "version": {3},
        "session": {"b"},
        "project": {"c"},
    }
    assert parse("status:finished status:failed").counted() == {"status": {"failed"}}
    assert parse('session:""').counted() == {"session": {""}}
    for text in ["triage", "-status:failed", "workflow:a*", "version>3", "status:failed | workflow:a", "pinned"]:
        assert parse(text).counted() is None


def test_what_is_archived_is_asked_apart():
    assert parse("archived").of_archived() == (True, EVERYTHING)
    assert parse("workflow:a -archived tag:x").of_archived() == (False, parse("workflow:a tag:x"))
    for text in ["", "workflow:a", "archived | workflow:a", "-(archived workflow:a)"]:
        assert parse(text).of_archived() is None


def test_log_text_is_asked_apart():
    assert parse('log:a b -log:"c d"|e').log_terms() == ((True, ("a",)), (False, ("c d", "e")))
    assert parse("a").log_terms() == ()


def test_every_key_is_explained_by_an_example_that_parses():
    for key in KEYS.values():
        query = parse(key.example)
        assert not query.message, key.example
        assert query.keys() == {key.name}
        assert key.what


# --- what a person is told of it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("status:faild", ["status:faild"]),
        ("ok wrkflow:triage x", ["wrkflow:triage"]),
        ("a cost>much|more b", ["cost>much|more"]),
        ('x "open', ['"open']),
        ("(a b", ["("]),
        ("a | | b", ["|"]),
        ("version>=3 status:any", []),
    ],
)
def test_a_problem_says_which_characters_it_is_about(text, where):
    query = parse(text)
    assert [text[one.start : one.end] for one in query.problems] == where
    assert query.message == "; ".join(map(str, query.problems))


def test_a_problem_of_the_whole_stands_nowhere():
    (problem,) = parse("x " * 30_000).problems
    assert (problem.start, str(problem)[:7]) == (-1, "a query")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('-status:failed "rate limit"', ["sign -", "key status:", 'text "rate limit"']),
        ("pinned | (meta.a:b)", ["key pinned", "sign |", "sign (", "key meta.a:", "sign )"]),
        ('session:"ana b"', ["key session:", 'text "ana b"']),
        ("http://x foo:bar", []),
    ],
)
def test_the_pieces_of_a_text_are_told_for_its_colours(text, found):
    assert [f"{kind} {text[start:end]}" for start, end, kind in pieces(text)] == found


# --- saved views ------------------------------------------------------------------------------------

VIEWS = {"slow": "took>1m", "big": "tokens>1M | @slow", "my own": "tag:z", "all": "", "a": "x @b", "b": "@a y"}
VIEWS |= {f"v{n}": f"@v{n - 1} @v{n - 1}" for n in range(1, 40)} | {"v0": "q"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("@slow status:failed", "took>1m status:failed"),
        ("-@slow", "-took>1m"),
        ('@"my own"|@big', "tag:z | tokens>1M | took>1m"),
        ("(@slow x) | y", "(took>1m x) | y"),
        ("@all", ""),
        ("tag:a|@slow", "tag:a|@slow"),
        ('"@slow"', '"@slow"'),
        ("x@slow", "x@slow"),
    ],
)
def test_a_name_stands_for_what_the_view_asks(text, meant):
    query = parse(text, VIEWS)
    assert (str(query), query.message, query.text) == (meant, "", text)
    assert query == parse(query.lasting)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x @slwo", "at 3: @slwo names no saved view, did you mean @slow?; searched as text"),
        ("@a", "at 1: in @a: in @b: the view @a stands for itself; searched as text"),
        ("@slow|", "at 6: nothing stands beside |; it is left out"),
    ],
)
def test_a_name_that_stands_for_nothing_is_told_where_it_stands(text, problem):
    assert parse(text, VIEWS).message == problem


def test_views_of_views_end_somewhere():
    assert "lies too deep in others" in parse("@v39", VIEWS).message
    long = {"long": " ".join("x" * 150), "two": "@long @long"}
    assert parse("@two", long).message == "at 1: the view @two has more than 200 values; searched as text"
    assert not parse("@long", long).message


def test_who_has_no_views_searches_for_the_word():
    query = parse("@slow -@x")
    assert (str(query), query.message, query.views) == ('"@slow" -"@x"', "", ())


@given(st.dictionaries(st.sampled_from("abc"), typed), typed, st.lists(st.sampled_from(["@a", "@b", "-@c", "|", " "])))
def test_whatever_views_there_are_the_canonical_text_needs_none(views, text, names):
    query = parse(" ".join(names) + text, views)
    assert parse(str(query)) == query
    assert not parse(str(query)).message
