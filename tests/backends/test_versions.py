"""What both keepers of workflow versions promise: files and the database alike."""

import subprocess
import sys
import threading

import pytest
from flightlog.backends.sql.version_repository import SqlWorkflows
from flightlog.backends.sqlite.engine import open_database
from flightlog.backends.workflows.definition import load
from flightlog.backends.workflows.workflow_files import FileWorkflows
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.workflows import Workflow, digest_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(params=["file", "sqlite"])
def workflows(request, tmp_path):
    if request.param == "file":
        yield FileWorkflows(tmp_path / "workflows")
        return
    database = open_database(tmp_path / "flightlog.db", truth=True)
    yield SqlWorkflows(database)
    database.close()


AS_WRITTEN = """\
%YAML 1.1
---
# first things first
b: no
a: 1.10   # kept
at: 12:30:45
day: 2026-11-20
"wörd": "\\U0001F680"
text: |
  one
\ttwo
""".replace("\ttwo", "  two")


@pytest.mark.parametrize(
    "text", [AS_WRITTEN, "a: 1", "a: 1\r\nb: 2\r\n", "---\na: 1\n---\nb: 2\n", "\ufeffa: 1\n", "🚀"]
)
def test_a_definition_comes_back_byte_for_byte(workflows, text):
    saved = workflows.store("triage", text, author="ana", note='"quoted": \n\u2028\x7f #not a comment 🚀')
    assert saved.definition == text
    assert saved.digest == digest_of(text)
    assert workflows.get("triage", 1) == saved
    assert workflows.get_latest("triage") == saved
    assert not saved.damaged


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_kept_whole_or_refused(workflows, text, author, note):
    try:
        saved = workflows.store("w", text, author=author, note=note)
    except StorageError:
        return
    assert workflows.get("w", saved.number) == saved
    assert saved.definition == text


@pytest.mark.parametrize("said", [None, 5, b"ana", {"by": "ana"}, object()])
def test_an_author_or_a_note_that_is_no_text_is_refused_in_a_sentence(workflows, said):
    for named in ({"author": said}, {"note": said}):
        with pytest.raises(StorageError, match="author and note of a version are texts"):
            workflows.store("w", "a: 1", **named)
    assert workflows.list("w") == []


def test_numbers_ascend_and_parents_are_the_latest_unless_named(workflows):
    for text in ("a: 1", "a: 2", "a: 3"):
        workflows.store("triage", text)
    workflows.store("triage", "a: 4", parents=[1, 3, 1])
    workflows.store("triage", "a: 5", parents=[])
    assert workflows.lineage("triage") == {1: (), 2: (1,), 3: (2,), 4: (1, 3), 5: ()}
    assert [(v.number, v.definition) for v in workflows.list("triage")] == [(n, "") for n in range(1, 6)]
    assert workflows.get_latest("triage").number == 5


def test_equal_text_makes_a_new_version_and_the_newest_is_found(workflows):
    first = workflows.store("triage", "a: 1")
    workflows.store("triage", "a: 2")
    again = workflows.store("triage", "a: 1")
    assert (first.number, again.number) == (1, 3)
    assert workflows.find("triage", digest_of("a: 1")) == again
    assert workflows.find("triage", digest_of("a: 9")) is None
    assert workflows.find("nothing", digest_of("a: 1")) is None


def test_with_only_new_equal_text_is_one_version_however_many_save_it(workflows):
    numbers: list[int] = []

    def save():
        numbers.append(workflows.store("w", "a: 1\n", only_new=True).number)

    savers = [threading.Thread(target=save) for _ in range(20)]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert numbers == [1] * 20
    assert workflows.store("w", "a: 2\n", only_new=True).number == 2
    assert workflows.store("w", "a: 1\n", only_new=True).number == 1
    assert len(workflows.list("w")) == 2


def test_what_is_not_there(workflows):
    assert workflows.list("triage") == []
    assert workflows.list_all() == []
    for ask in (lambda: workflows.get("triage", 1), lambda: workflows.get_latest("triage")):
        with pytest.raises(NotFound, match="triage"):
            ask()
    with pytest.raises(NotFound):
        workflows.delete("triage", 1)
    with pytest.raises(NotFound, match="version 7"):
        workflows.store("triage", "a: 1", parents=[7])
    assert workflows.store("triage", "a: 1").number == 1


def test_workflows_are_listed_by_id(workflows):
    for name in ("zeta", "alpha", "alpha"):
        workflows.store(name, "a: 1")
    assert workflows.list_all() == [
        Workflow(id="alpha", versions=2, latest=2),
        Workflow(id="zeta", versions=1, latest=1),
    ]


def test_a_deleted_version_leaves_its_number(workflows):
    for text in ("a: 1", "a: 2", "a: 3"):
        workflows.store("triage", text)
    with pytest.raises(Conflict, match="version 1 is the parent of version 2"):
        workflows.delete("triage", 1)
    workflows.delete("triage", 3)
    workflows.delete("triage", 2)
    for gone in (2, 3):
        with pytest.raises(NotFound):
            workflows.get("triage", gone)
        with pytest.raises(NotFound):
            workflows.delete("triage", gone)
    assert workflows.get_latest("triage").number == 1
    assert workflows.list_all() == [Workflow(id="triage", versions=1, latest=1)]
    again = workflows.store("triage", "a: 4")
    assert (again.number, again.parents) == (4, (1,))
    workflows.delete("triage", 4)
    workflows.delete("triage", 1)
    assert workflows.list_all() == []
    assert workflows.store("triage", "a: 5").number == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x 1\nb: *x", "line 2 has an alias"),
        ("[" * 65 + "]" * 65, "deeper than 64"),
        ("{a: " * 2000, "deeper than 64"),
        ("a: " + "x" * 1_000_000, "1,000,003 bytes"),
        ("{a: 1", "line"),
        ("a: \x07", "not YAML"),
        ("a: \ud800", "no file can hold"),
        ("", "empty"),
        ("# nothing but a comment\n", "empty"),
    ],
)
def test_what_is_no_definition_is_refused(workflows, text, says):
    with pytest.raises(StorageError, match=says):
        workflows.store("triage", text)
    assert workflows.list_all() == []


def test_the_deepest_and_longest_that_is_allowed(workflows):
    workflows.store("triage", "[" * 64 + "]" * 64)
    workflows.store("triage", "a: " + "x" * 999_997)
    assert len(workflows.get("triage", 2).definition) == 1_000_000


BAD_IDS = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/etc",
    "a\0b",
    "a\nb",
    "~",
    "-rf",
    "%2e/",
    "a ",
    "é",
    "x" * 129,
    "a.",
    "CON\\x",
    "$(x)",
]


@pytest.mark.parametrize("name", BAD_IDS)
def test_ids_are_rejected_never_cleaned(workflows, name):
    for ask in (
        lambda: workflows.store(name, "a: 1"),
        lambda: workflows.get(name, 1),
        lambda: workflows.get_latest(name),
        lambda: workflows.list(name),
        lambda: workflows.find(name, ""),
        lambda: workflows.delete(name, 1),
    ):
        with pytest.raises(StorageError, match="cannot be a workflow id"):
            ask()


def test_ids_that_differ_in_case_alone_are_a_conflict(workflows):
    workflows.store("triage", "a: 1")
    with pytest.raises(Conflict, match="triage"):
        workflows.store("Triage", "a: 1")
    assert [workflow.id for workflow in workflows.list_all()] == ["triage"]


def test_threads_share_the_numbers(workflows):
    given: list[int] = []
    workers = [
        threading.Thread(target=lambda: given.extend(workflows.store("w", f"a: {n}").number for n in range(5)))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(given) == list(range(1, 21))


SAVER = """
import sys
from pathlib import Path
from flightlog.backends.workflows.workflow_files import FileWorkflows
from flightlog.backends.sql.version_repository import SqlWorkflows
from flightlog.backends.sqlite.engine import open_database
kind, place, name = sys.argv[1:]
print("ready", flush=True)
sys.stdin.read()
if kind == "file":
    print(FileWorkflows(Path(place)).store("w", f"by: {name}").number)
else:
    database = open_database(Path(place), truth=True)
    print(SqlWorkflows(database).store("w", f"by: {name}").number)
    database.close()
"""


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_fifty_processes_that_save_at_once_get_fifty_numbers(kind, tmp_path):
    place = tmp_path / "place"
    if kind == "sqlite":
        open_database(place, truth=True).close()
    savers = [
        subprocess.Popen(
            [sys.executable, "-c", SAVER, kind, str(place), str(n)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(50)
    ]
    for saver in savers:
        assert saver.stdout.readline() == "ready\n"
    for saver in savers:
        saver.stdin.close()  # the start signal
        saver.stdin = None
    told = [saver.communicate() for saver in savers]
    assert sorted(int(out) for out, _ in told if out) == list(range(1, 51)), [err for _, err in told if err][:1]
    if kind == "file":
        kept = FileWorkflows(place)
        assert len({version.digest for version in kept.list("w") if not version.damaged}) == 50


def test_loading_yaml_refuses_what_is_there_twice():
    assert load("a: {b: [1, x]}\n") == {"a": {"b": [1, "x"]}}
    assert load("") is None
    for text, says in [
        ("a: 1\na: 2", "line 2 .* second time"),
        ("? [a]\n: 1", "not YAML"),
        ("a: 2026-13-45", "not YAML"),
    ]:
        with pytest.raises(StorageError, match=says):
            load(text)
    for text in ["!!python/object/apply:os.system [x]", "!x 1"]:
        with pytest.raises(StorageError, match="constructor"):
            load(text)
