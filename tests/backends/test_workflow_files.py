"""Versions as files: what lies on disk, and what happens to it behind our back."""

import os
import stat

import pytest
import yaml
from flightlog.backends.workflows.workflow_files import FileWorkflows
from flightlog.core.errors import Conflict, NotFound, ReadOnly, StorageError
from flightlog.core.workflows import digest_of


@pytest.fixture
def root(tmp_path):
    return tmp_path / "workflows"


@pytest.fixture
def workflows(root):
    return FileWorkflows(root)


def test_a_file_is_a_header_and_the_definition(workflows, root):
    workflows.store("triage", "a: 1")
    workflows.store("triage", "# mine\nb: no", author="añá🚀", note="two\nlines\x85")
    text = (root / "triage" / "v0002.yaml").read_bytes().decode()
    head, _, body = text.partition("\n---\n")
    assert body == "# mine\nb: no"
    assert head.startswith("# Flightlog workflow version, format 1.")
    header, definition = yaml.safe_load_all(text)
    assert header["workflow"] == "triage"
    assert header["version"] == 2
    assert header["parents"] == [1]
    assert header["author"] == "añá🚀"
    assert header["note"] == "two\nlines\x85"
    assert header["digest"] == digest_of(body)
    assert header["created"].endswith("Z")
    assert definition == {"b": False}


def test_files_are_private_and_nothing_else_is_left(workflows, root):
    before = os.umask(0)
    try:
        workflows.store("triage", "a: 1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "triage").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "triage" / "v0001.yaml").stat().st_mode) == 0o600
    assert os.listdir(root / "triage") == ["v0001.yaml"]


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda text: text + b" ", "changed after it was saved"),
        (lambda text: text.replace(b"version: 1", b"version: 2"), "version 2 of triage"),
        (lambda text: text.replace(b'"triage"', b'"other"'), "version 1 of other"),
        (lambda text: text.replace(b"version: 1", b"version: one"), "header cannot be read"),
        (lambda text: text.replace(b"parents: []", b"parents: " + b"[" * 100_000), "header cannot be read"),
        (lambda text: text.replace(b"format 1", b"format 2"), "format 1 is wanted"),
        (lambda text: text.replace(b"\n---\n", b"\n"), "no header"),
        (lambda text: text.replace(b"a: 1", b"a: \xff"), "changed after it was saved"),
        (lambda text: b"\xff\xfe\x00" + text, "header cannot be read"),
        (lambda text: b"by: hand\n", "no header"),
        (lambda text: text + b"x" * 3_000_000, "changed after it was saved"),
    ],
)
def test_a_file_edited_by_hand_is_listed_as_damaged_and_readable(workflows, root, edit, says):
    workflows.store("triage", "a: 1\n")
    workflows.store("triage", "a: 2\n")
    path = root / "triage" / "v0001.yaml"
    path.write_bytes(edit(path.read_bytes()))
    assert says in workflows.get("triage", 1).damaged
    assert workflows.get("triage", 1).definition
    assert [bool(version.damaged) for version in workflows.list("triage")] == [True, False]
    assert workflows.find("triage", digest_of("a: 1\n")) is None
    assert workflows.get_latest("triage").definition == "a: 2\n"
    assert workflows.list_all()[0].versions == 2


def test_what_is_not_a_version_is_left_alone(workflows, root):
    workflows.store("triage", "a: 1")
    folder = root / "triage"
    for name in ("README.md", "v2.yaml", "v00003.yaml", ".v0004.ab.draft", "v0005.yaml~", "v999999999999.yaml"):
        (folder / name).write_text("a: 1")
    (root / "not a workflow").mkdir()
    (root / "file").write_text("")
    assert [version.number for version in workflows.list("triage")] == [1]
    assert [workflow.id for workflow in workflows.list_all()] == ["triage"]
    assert workflows.store("triage", "a: 2").number == 2


def test_a_writer_that_died_costs_its_number_and_nothing_more(workflows, root):
    workflows.store("triage", "a: 1")
    (root / "triage" / "v0002.yaml").touch()
    (root / "triage" / ".v0002.aabbcc.draft").write_text("half")
    with pytest.raises(NotFound):
        workflows.get("triage", 2)
    saved = workflows.store("triage", "a: 3")
    assert (saved.number, saved.parents) == (3, (1,))


def test_a_deleted_version_leaves_a_tombstone_and_nothing_of_its_text(workflows, root):
    workflows.store("triage", "a: 1")
    workflows.store("triage", "secret: planted", author="ana", note="the second", meta={"a": "planted too"})
    workflows.delete("triage", 2, by="ben", note="a key\nin it")
    assert sorted(os.listdir(root / "triage")) == ["v0001.yaml", "v0002.deleted.yaml"]
    left = (root / "triage" / "v0002.deleted.yaml").read_text()
    assert "planted" not in left
    told = yaml.safe_load(left)
    assert (told["parents"], told["by"], told["why"]) == ([1], "ben", "a key\nin it")
    assert (told["author"], told["note"]) == ("ana", "the second")
    assert told["digest"] == digest_of("secret: planted")


def test_a_deletion_that_was_cut_off_is_one_and_is_finished_by_the_next_writer(workflows, root):
    workflows.store("triage", "a: 1")
    text = (root / "triage" / "v0001.yaml").read_bytes()
    workflows.delete("triage", 1)
    (root / "triage" / "v0001.yaml").write_bytes(text)
    with pytest.raises(NotFound, match="was deleted"):
        workflows.get("triage", 1)
    assert workflows.list("triage") == [] == workflows.list_all()
    workflows.store("triage", "a: 2")
    assert sorted(os.listdir(root / "triage")) == ["v0001.deleted.yaml", "v0002.yaml"]


def test_a_version_deleted_by_an_earlier_release_keeps_its_number(workflows, root):
    workflows.store("triage", "a: 1")
    (root / "triage" / "v0002.yaml").write_text(
        "# Flightlog: this version was deleted; its number is not given again.\n"
    )
    assert [version.number for version in workflows.list("triage")] == [1]
    assert workflows.list_all()[0].versions == 1
    assert [bool(version.deleted) for version in workflows.list("triage", deleted=True)] == [False, True]
    with pytest.raises(NotFound, match="was deleted"):
        workflows.get("triage", 2)
    assert workflows.store("triage", "a: 3").number == 3


@pytest.mark.parametrize("text", ["", "not a header", "# Flightlog workflow version, format 9.\n", "\x00"])
def test_a_tombstone_that_cannot_be_read_keeps_the_number_and_says_so(workflows, root, text):
    workflows.store("triage", "a: 1")
    (root / "triage" / "v0002.deleted.yaml").write_text(text)
    assert [version.number for version in workflows.list("triage")] == [1]
    (_, *left) = workflows.list("triage", deleted=True)
    assert all(version.deleted and "tombstone" in version.damaged for version in left)
    assert workflows.store("triage", "a: 3").number == 3


def test_listing_all_workflows_reads_no_file(workflows, root, monkeypatch):
    for n in range(20):
        workflows.store(f"w{n % 4}", f"a: {n}")
    workflows.delete("w3", 5)
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest, **more: opened.append(path) or real(path, *rest, **more))
    assert [(found.id, found.versions) for found in workflows.list_all()] == [
        ("w0", 5), ("w1", 5), ("w2", 5), ("w3", 4)
    ]  # fmt: skip
    assert opened == []


def test_versions_that_name_each_other_as_parents_are_read_as_they_stand(workflows, root):
    for n in range(3):
        workflows.store("triage", f"a: {n}")
    path = root / "triage" / "v0001.yaml"
    path.write_bytes(path.read_bytes().replace(b"parents: []", b"parents: [3]"))
    assert workflows.lineage("triage") == {1: (3,), 2: (1,), 3: (2,)}
    with pytest.raises(Conflict, match="parent of version"):
        workflows.delete("triage", 3)
    workflows.delete("triage", 3, force=True)
    assert workflows.lineage("triage") == {1: (3,), 2: (1,), 3: (2,)}


def test_symlinks_are_not_followed(workflows, root, tmp_path):
    workflows.store("triage", "a: 1")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "v0001.yaml").write_bytes((root / "triage" / "v0001.yaml").read_bytes())
    (root / "evil").symlink_to(outside)
    (root / "triage" / "v0002.yaml").symlink_to(outside / "v0001.yaml")
    for ask in (lambda: workflows.list("evil"), lambda: workflows.store("evil", "a: 1")):
        with pytest.raises(StorageError, match="symlink"):
            ask()
    assert os.listdir(outside) == ["v0001.yaml"]
    assert "evil" not in [workflow.id for workflow in workflows.list_all()]
    assert workflows.get("triage", 2).damaged == "its file cannot be read: a symlink"


@pytest.mark.timeout(10)
def test_what_is_no_plain_file_spoils_no_other_version(workflows, root):
    workflows.store("triage", "a: 1")
    os.mkfifo(root / "triage" / "v0002.yaml")
    (root / "triage" / "v0003.yaml").mkdir()
    assert [bool(version.damaged) for version in workflows.list("triage")] == [False, True, True]
    assert workflows.list_all()[0].versions == 3
    assert workflows.store("triage", "a: 4", parents=[1]).number == 4


def test_a_folder_that_appears_with_other_case_is_a_conflict(workflows, root):
    (root / "TRIAGE").mkdir(parents=True)
    with pytest.raises(Conflict):
        workflows.store("triage", "a: 1")


def as_somebody_else(work):
    """What a piece of work returns as text, done in a child by a user whom modes stop, as they do not stop root."""
    inside, outside = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os.write(outside, str(work()).encode())
        finally:
            os._exit(0)
    os.close(outside)
    os.waitpid(child, 0)
    with open(inside, "rb") as said:
        return said.read().decode()


def test_a_folder_that_cannot_be_written_says_so(workflows, root, tmp_path):
    def save():
        with pytest.raises(ReadOnly) as error:
            FileWorkflows(root).store("triage", "a: 2")
        return error.value

    workflows.store("triage", "a: 1")
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        if folder.owner() == root.owner():
            folder.chmod(folder.stat().st_mode | 0o755)
    assert "saving a version" in as_somebody_else(save)
    (root / "triage").chmod(0o755)
    assert [version.number for version in workflows.list("triage")] == [1]


def test_a_failed_write_is_an_error_and_leaves_no_version(workflows, root, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    workflows.store("triage", "a: 1")
    monkeypatch.setattr("flightlog.backends.workflows.version_files.sync", full)
    with pytest.raises(StorageError, match="no room while saving a version"):
        workflows.store("triage", "a: 2")
    monkeypatch.undo()
    assert [version.number for version in workflows.list("triage")] == [1]
    assert not [name for name in os.listdir(root / "triage") if name.endswith(".draft")]
