"""`export`: one page that holds everything, fetches and runs nothing, whatever agents wrote, and stays small."""

import json
import os
from contextlib import suppress
from html.parser import HTMLParser

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.events import Json
from flightlog.tui.cli.main import main
from flightlog.tui.export import bounds
from flightlog.tui.export.page import policy, style

EVIL = (
    '<script>alert(1)</script></pre></td></style><img src=x onerror="x()">\'" onload=x \u202eevil\x1b[2J\ud800 &lt; ]]>'
)
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "small", "span", "section", "div", "table"),
    *(
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "pre",
        "code",
        "svg",
        "rect",
        "label",
        "input",
        "footer",
        "nav",
        "a",
    ),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "type", "checked", "viewbox", "colspan", "open"),
    *("id", "href"),
    *("preserveaspectratio", "x", "y", "width", "height"),
}
VOID = {"meta", "input", "rect"}


class Strict(HTMLParser):
    """Reads a page and remembers what is in it; an element that is not closed where it should be is an error."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def handle_comment(self, data):
        raise AssertionError(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def call(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def harmless(page: str) -> Strict:
    """Nothing in the page is anything but ours."""
    found = Strict(page)
    assert found.elements <= ELEMENTS, found.elements - ELEMENTS
    assert {name for _, name, _ in found.attributes} <= ATTRIBUTES
    values = {value for _, name, value in found.attributes if name in ("class", "type", "name", "http-equiv")}
    assert not any(value and ("evil" in value or "x()" in value) for value in values)
    assert page.count("<style>") == 1 and "url(" not in page and "@import" not in page and "http://" not in style()
    assert not set(page) & {"\x1b", "\u202e", "\ud800"}
    places = [value for _, name, value in found.attributes if name == "id"]
    ways = [value for _, name, value in found.attributes if name == "href"]
    assert len(set(places)) == len(places) and ways == [f"#{one}" for one in places], (ways, places)
    policies = [value for tag, name, value in found.attributes if tag == "meta" and name == "content"]
    assert policy() in policies and "default-src 'none'" in policy() and "script" not in policy()
    return found


def record(store, word: str, *, logs: int = 2) -> str:
    """A failed run with some of everything, all of it with a word in it."""
    value: Json = {"deep" + word: [1, "text" + word], "limit": 4}
    facts = {"name": "inbox" + word, "objective": "sort" + word, "session": "ana", "tags": ["nightly" + word]}
    with suppress(ValueError), store.run("triage", **facts) as run:
        run.snapshot("input", value)
        run.snapshot("result", "a long text\n" * 3 + word)
        with run.step("plan" + word, agent="planner" + word, kind="llm", input=value) as step:
            for n in range(logs):
                step.log(f"entry {n}" + word, note="n" + word)
            step.error("severe" + word)
            step.cost("model" + word, input_tokens=8, output_tokens=2, dollars="0.01")
            step.cost("nobody" + word, input_tokens=8, output_tokens=2)
            with suppress(OSError), step.step("fetch" + word):
                raise OSError("rate limit" + word)
            step.output = ["done" + word]
        run.checkpoint({"messages": ["hello" + word], "n": 1}, label="one" + word)
        run.checkpoint({"messages": ["hello" + word, "more" + word], "n": 2, "new" + word: 1}, label="two" + word)
        run.message("planner" + word, "worker" + word, "Look" + word, role="assistant" + word)
        run.item(1, "failed", error=ValueError("no address" + word))
        run.metric("score" + word, 0.5)
        run.artifact("/nowhere/report", name="report" + word)
        run.approve("Send?" + word, timeout=0.01)
        raise ValueError("it went wrong" + word)
    store.runs.annotate(flightlog.core.annotations.Noted(run=run.id, text="a note" + word, by="ben" + word))
    return run.id


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_run_is_one_page_with_all_it_is_made_of(folder, storage):
    with flightlog.open(folder / "data", storage=storage) as store:
        id = record(store, "")
    told = json.loads(call("export", id, "--data", "data", "--json").output)
    page = (folder / told["file"]).read_text("utf-8")
    assert told == {"file": f"run-{id}.html", "bytes": len(page.encode()), "runs": [id]}
    text = harmless(page).text
    for word in (
        *("inbox", "sort", "ana", "nightly", "ValueError", "it went wrong", "plan", "planner", "rate limit", "entry 1"),
        *("severe", "two", "new", "hello", "more", "Look", "no address", "score", "report", "Send?", "expired"),
        *("a note", "$0.010", "1 call without a known price", "Traceback", "limit"),
    ):
        assert word in text, word
    assert "left out" not in text


def test_nothing_that_agents_wrote_becomes_anything_but_text(folder):
    with flightlog.open(folder / "data") as store:
        ids = [record(store, EVIL), record(store, EVIL + "2")]
    for words in ((ids[0],), ids):
        page = call("export", *words, "--data", "data", "-o", "-").stdout_bytes.decode()
        found = harmless(page)
        assert found.text.count("<script>alert(1)</script></pre>") > 5 and "\\u202e" in found.text


def test_several_runs_are_one_page_of_tables(folder):
    with flightlog.open(folder / "data") as store:
        ids = [record(store, word) for word in ("", "x")]
    call("export", *ids, "--data", "data", "-o", "both.html")
    text = harmless((folder / "both.html").read_text()).text
    for word in (
        "2 runs of triage compared",
        "baseline",
        "Steps",
        "only what differs",
        "input.limit",
        "States",
        "score",
    ):
        assert word in text, word
    call("export", *ids, *ids, *ids, "--data", "data", code=2)


def test_a_page_begins_with_its_contents_and_prints_what_is_folded(folder):
    with flightlog.open(folder / "data") as store:
        id = record(store, "")
    page = call("export", id, "--data", "data", "-o", "-").stdout
    assert '<nav><a href="#facts">Facts</a><a href="#error">Error</a>' in page and '<section id="error">' in page
    assert page.index("<nav>") < page.index('<section id="facts">') and 'class="facts"><tbody>' in page
    assert "3 entries, 1 error, 0 warnings" in page and "1 call without a known price" in page
    printed = style().partition("@media print")[2]
    assert "details-content { display: block" in printed and "nav, .filter { display: none" in printed
    assert ":has(+ pre) { break-after: avoid" in printed  # what a value is of stands on the page of the value
    assert 'pre.added::before { content: "+"' in style() and 'pre.removed::before { content: "-"' in style()


def test_a_remark_of_a_comparison_has_the_whole_line_and_no_line_is_empty(folder):
    with flightlog.open(folder / "data") as store:
        ids = [record(store, word) for word in ("", "x")]
    page = call("export", *ids, "--data", "data", "-o", "-").stdout
    assert '<tr class="remark"><td></td><td colspan="3"><span class="title">reported</span></td></tr>' in page
    assert "<td></td><td></td>" not in page


def test_the_columns_of_a_comparison_stand_below_each_other_and_scroll_where_they_have_no_room(folder):
    with flightlog.open(folder / "data") as store:
        ids = [record(store, word) for word in ("", "x")]
        with store.run("triage") as run:
            ids.append(run.id)
    page = call("export", *ids, "--data", "data", "-o", "-").stdout
    tables = page.count('<div class="wide"><table')
    assert page.count('<table class="compare of-3"><thead>') == tables > 3
    # An id takes as little room as a name; whole it stands once, among the facts.
    assert page.count(f"{ids[2][:3]}…{ids[2][-4:]}") == tables and page.count(ids[2]) == 1
    narrow = style().partition("@media (max-width")[2]
    assert "table-layout: fixed" in style() and all(f".of-{runs} {{ min-width" in narrow for runs in (2, 3, 4, 5))


def test_what_is_left_out_of_the_steps_is_said_before_them(folder, monkeypatch):
    with flightlog.open(folder / "data") as store, store.run("triage") as run:
        for n in range(4):
            with run.step(f"step {n}", input=n):
                pass
    monkeypatch.setattr("flightlog.tui.export.run_steps.STEPS", 3)
    monkeypatch.setattr("flightlog.tui.export.run_steps.BODIES", 1)
    page = call("export", run.id, "--data", "data", "-o", "-").stdout
    first, second = page.index("1 of 4 steps are left out here"), page.index("2 of 3 steps&#x27; inputs and outputs")
    assert page.index('<section id="steps">') < first < second < page.index('class="steps"')


def test_nothing_is_overwritten_and_nothing_half_written_is_left(folder, monkeypatch):
    with flightlog.open(folder / "data") as store:
        id = record(store, "")
    (folder / "kept.html").write_text("mine")
    refused = call("export", id, "--data", "data", "-o", "kept.html", code=1)
    assert "is there already" in refused.stderr and (folder / "kept.html").read_text() == "mine"
    call("export", id, "--data", "data", "-o", "nowhere/x.html", code=1)
    before = set(os.listdir(folder))
    monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    for words in (("-o", "kept.html", "--force"), ("-o", "other.html")):
        assert "No space left" in call("export", id, "--data", "data", *words, code=1).stderr
    assert set(os.listdir(folder)) == before and (folder / "kept.html").read_text() == "mine"
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    call("export", id, "--data", "data", "-o", "kept.html", "--force")
    assert "it went wrong" in (folder / "kept.html").read_text()
    call("export", id, "--data", "data", "-o", "-", "--json", code=2)


def test_a_very_long_log_is_shown_in_part_and_says_so(folder):
    with flightlog.open(folder / "data") as store:
        with store.run("noisy") as run:
            for n in range(6_000):
                run.log(f"line {n} " + "x" * 500)
                if n == 3_000:
                    run.warning("in the middle of it")
            for n in range(120):
                run.checkpoint({"n": n, "big": "y" * 1000 * n})
        id = run.id
    page = call("export", id, "--data", "data", "-o", "-").stdout_bytes.decode()
    text = harmless(page).text
    assert page.count('class="INFO"') == bounds.FIRST_LOGS + bounds.LAST_LOGS
    assert "3,000 of 6,001 entries are left out here" in text and "in the middle of it" in text
    assert "line 0 " in text and "line 5999 " in text and "line 1000 " not in text
    assert "20 of 120 checkpoints are left out here" in text and len(page) < 4_000_000


def test_archived_runs_and_damaged_ones_are_pages_too(folder):
    with flightlog.open(folder / "data", storage="file") as store:
        ids = [record(store, word) for word in ("", "second")]
    call("archive", ids[0], "--yes", "--data", "data")
    assert "it went wrong" in harmless(call("export", ids[0], "--data", "data", "-o", "-").stdout).text
    (journal,) = folder.glob(f"data/runs/*/{ids[1]}.jsonl")
    lines = journal.read_bytes().split(b"\n")
    for number, line in enumerate(lines):
        if b'"snapshot"' in line or b'"step.finished"' in line:
            lines[number] = b"#" * len(line)
    journal.write_bytes(b"\n".join(lines))
    for words in ((ids[1],), ids):
        text = harmless(call("export", *words, "--data", "data", "-o", "-").stdout).text
        assert "second" in text and "Steps" in text and "Costs" in text
    assert "has no event" in harmless(call("export", ids[1], "--data", "data", "-o", "-").stdout).text
