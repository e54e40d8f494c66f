"""WorkflowRepository: versions 1, 2, 3 …, each immutable, with lineage."""

import subprocess
import sys

import pytest
from flightlog.core.errors import Conflict, NotFound, ReadOnly, StorageError
from flightlog.core.workflows import Deletion, Version, digest_of
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

YAML = "steps:\n  - plan  # ünï\n  - act\n"


def test_store_keeps_a_definition_as_the_next_version_and_returns_it(store):
    first = store.workflows.store("triage", YAML, author="ana", note="first")
    second = store.workflows.store("triage", YAML + "\n")
    assert [(v.number, v.parents, v.author) for v in (first, second)] == [(1, (), "ana"), (2, (1,), "")]
    assert first == store.workflows.get("triage", 1) and second == store.workflows.get_latest("triage")
    assert first.digest == digest_of(YAML) and first.created and not first.damaged


def test_the_text_comes_back_byte_for_byte(store):
    @settings(max_examples=30)
    @given(
        st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40),
        st.sampled_from(["", "\n", "\r\n", "\n\n"]),
    )
    def same(text, end):
        definition = f"note: {text!r}".replace("\\", "") + end
        try:
            saved = store.workflows.store("w", definition)
        except StorageError:
            return
        assert store.workflows.get("w", saved.number).definition == definition

    same()


def test_no_version_is_altered_that_nobody_changed_by_hand(store):
    store.workflows.store("w", YAML)
    store.workflows.store("w", "a: 1")
    store.workflows.delete("w", 2)
    assert [store.workflows.altered(*of) for of in (("w", 1), ("w", 2), ("w", 7), ("unknown", 1))] == [""] * 4


def test_equal_text_makes_a_new_version_all_the_same_and_find_gives_the_newest(store):
    store.workflows.store("w", YAML)
    store.workflows.store("w", "a: 1")
    third = store.workflows.store("w", YAML)
    assert third.number == 3 and store.workflows.find("w", digest_of(YAML)).number == 3
    assert store.workflows.find("w", digest_of("b: 1")) is None is store.workflows.find("unknown", "x")


def test_parents_may_be_several_or_none_and_must_exist(store):
    for _ in range(2):
        store.workflows.store("w", YAML)
    branch = store.workflows.store("w", YAML, parents=[1])
    merge = store.workflows.store("w", YAML, parents=[2, 3])
    root = store.workflows.store("w", YAML, parents=[])
    assert (branch.parents, merge.parents, root.parents) == ((1,), (2, 3), ())
    assert store.workflows.lineage("w") == {1: (), 2: (1,), 3: (1,), 4: (2, 3), 5: ()}
    with pytest.raises(NotFound):
        store.workflows.store("w", YAML, parents=[9])
    assert store.workflows.get_latest("w").number == 5


@pytest.mark.parametrize(
    "definition",
    [
        "a: [1",
        "a: &x [1]\nb: *x",
        "[" * 70 + "]" * 70,
        "a: " + "x" * 1_100_000,
        {"a": 1},
    ],
    ids=["no yaml", "alias", "too deep", "too long", "no text"],
)
def test_what_cannot_be_a_definition_is_a_storage_error(store, definition):
    with pytest.raises(StorageError):
        store.workflows.store("w", definition)
    with pytest.raises(StorageError):
        store.run("w", definition=definition)
    assert store.workflows.list("w") == [] and not store.runs.recent("w")


def test_unknown_versions_are_not_found(store):
    store.workflows.store("w", YAML)
    for ask in (
        lambda: store.workflows.get("w", 2),
        lambda: store.workflows.get_latest("v"),
        lambda: store.workflows.get("v", 1),
    ):
        with pytest.raises(NotFound):
            ask()
    assert store.workflows.list("v") == []


@pytest.mark.parametrize("workflow", ["", "..", "a/b", "a\nb", "x" * 300, "~", "a.", " a", "%2e%2e/", "é"])
def test_ids_are_rejected_never_cleaned(store, workflow):
    with pytest.raises(StorageError):
        store.workflows.store(workflow, YAML)
    assert store.workflows.list_all() == []


def test_ids_that_differ_only_in_case_are_a_conflict(store):
    store.workflows.store("Triage", YAML)
    with pytest.raises(Conflict):
        store.workflows.store("triage", YAML)


def test_list_gives_versions_by_number_without_definitions_and_list_all_workflows_by_id(store):
    for workflow in ("b", "a", "a"):
        store.workflows.store(workflow, YAML)
    assert [(version.number, version.definition) for version in store.workflows.list("a")] == [(1, ""), (2, "")]
    assert [(workflow.id, workflow.versions, workflow.latest) for workflow in store.workflows.list_all()] == [
        ("a", 2, 2),
        ("b", 1, 1),
    ]


def test_delete_conflict_while_another_version_names_it_as_parent_and_its_number_is_not_given_again(store):
    for _ in range(3):
        store.workflows.store("w", YAML)
    with pytest.raises(Conflict):
        store.workflows.delete("w", 2)
    store.workflows.delete("w", 3)
    with pytest.raises(NotFound):
        store.workflows.delete("w", 3)
    assert [bool(version.deleted) for version in store.workflows.list("w", deleted=True)] == [False, False, True]
    assert [version.number for version in store.workflows.list("w")] == [1, 2]
    assert store.workflows.store("w", YAML).number == 4


def test_a_forced_deletion_leaves_a_tombstone_so_that_the_lineage_stays_whole(store):
    for parents in ([], [1], [2, 1]):
        store.workflows.store("w", YAML, parents=parents, author="ana", note="the third", meta={"secret": 1})
    left = store.workflows.delete("w", 2, force=True, by="ben", note="it named a customer")
    assert (left.deleted.by, left.deleted.note) == ("ben", "it named a customer")
    assert (left.parents, left.digest) == ((1,), digest_of(YAML))
    created = store.workflows.get("w", 1).created
    assert left.deleted.t > left.created > created
    assert (left.author, left.note, left.meta, left.definition) == ("ana", "the third", {}, "")
    assert store.workflows.list("w", deleted=True)[1] == left
    assert store.workflows.lineage("w") == {1: (), 2: (1,), 3: (2, 1)}
    assert [version.number for version in store.workflows.list("w")] == [1, 3]
    with pytest.raises(NotFound, match=r"version 2 of w was deleted on .* by ben: it named a customer"):
        store.workflows.get("w", 2)
    with pytest.raises(NotFound):
        store.workflows.store("w", YAML, parents=[2])


def test_a_version_that_runs_refer_to_is_deleted_only_by_force(store):
    for _ in range(2):
        store.workflows.store("w", YAML)
    store.run("w", version=2).finish()
    store.run("w", version=1).finish()
    with pytest.raises(Conflict, match=r"1 run is of this version \(w@2\)"):
        store.workflows.delete("w", 2)
    store.workflows.delete("w", 2, force=True)
    assert [version.number for version in store.workflows.list("w")] == [1]


def test_a_version_carries_meta(store):
    saved = store.workflows.store("w", YAML, meta={"team": ["ünï", {"n": 1.5}], "big": 2**70, "\x7f\u2028": None})
    assert saved.meta == {"team": ["ünï", {"n": 1.5}], "big": 2**70, "\x7f\u2028": None}
    assert store.workflows.get("w", 1) == saved == store.workflows.get_latest("w")
    with pytest.raises(StorageError, match="at most"):
        store.workflows.store("w", YAML, note="x" * 20_000)


def test_carry_keeps_another_store_s_version_as_it_is(store):
    version = Version(
        workflow="w", number=7, digest=digest_of(YAML), parents=(3,), author="ana", note="n", meta={"a": 1},
        created="2026-01-01T00:00:00.000000Z", definition=YAML,
    )  # fmt: skip
    gone = Version(
        workflow="w",
        number=3,
        digest=digest_of("x"),
        author="ana",
        note="n",
        created="2025",
        deleted=Deletion(t="2026", by="b", note="c"),
    )
    assert [store.workflows.carry(one) for one in (version, gone, version, gone)] == [True, True, False, False]
    assert store.workflows.get("w", 7) == version
    assert store.workflows.list("w", deleted=True)[0] == gone
    with pytest.raises(Conflict, match="another one here"):
        store.workflows.carry(replace(version, digest=digest_of("b"), definition="b"))
    assert store.workflows.store("w", YAML).number == 8
    left = replace(gone, number=7, digest=version.digest)
    assert [store.workflows.carry(one) for one in (left, left, version)] == [True, False, False]
    assert store.workflows.list("w", deleted=True)[1].deleted == gone.deleted
    with pytest.raises(NotFound, match="was deleted"):
        store.workflows.get("w", 7)


def test_a_run_saves_its_definition_when_the_text_is_new(store):
    numbers = []
    for definition in (YAML, YAML, "a: 1"):
        with store.run("w", definition=definition) as run:
            pass
        numbers.append(store.runs.get(run.id).version)
    assert numbers == [1, 1, 2] and len(store.workflows.list("w")) == 2


def test_numbers_never_collide_between_processes(kept):
    store = kept.open()
    code = f"{kept.code}\nfor n in range(10):\n    print(store.workflows.store('w', f'a: {{n}}').number)"
    others = [subprocess.Popen([sys.executable, "-c", code], stdout=-1, text=True) for _ in range(4)]
    numbers = [int(line) for other in others for line in other.communicate(timeout=60)[0].split()]
    assert sorted(numbers) == list(range(1, 41))
    assert {v.number for v in store.workflows.list("w")} == set(numbers)


def test_a_store_opened_read_only_refuses_versions(kept):
    kept.open().workflows.store("w", YAML)
    kept.open().runs.totals()
    kept.close()
    store = kept.open(read_only=True)
    assert store.workflows.get_latest("w").definition == YAML
    for change in (lambda: store.workflows.store("w", YAML), lambda: store.workflows.delete("w", 1)):
        with pytest.raises(ReadOnly):
            change()


def test_workflows_of_which_only_tombstones_are_left_are_listed_when_asked_for(store):
    for workflow in ("gone", "kept"):
        store.workflows.store(workflow, "a: 1\n")
    store.workflows.delete("gone", 1)
    assert [(one.id, one.versions, one.latest) for one in store.workflows.list_all(deleted=True)] == [
        ("gone", 0, None),
        ("kept", 1, 1),
    ]
    assert [one.id for one in store.workflows.list_all()] == ["kept"]
