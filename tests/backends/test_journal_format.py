"""FORMAT.md says what is written: a reader made from it alone reads a run, and it names every event and member."""

import hashlib
import json
import re
import zlib
from pathlib import Path

import pytest
from flightlog.backends.journal import annotations as annotation_file
from flightlog.backends.journal import lock
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.reader import LONGEST
from flightlog.backends.journal.recording import JournalRecording
from flightlog.backends.journal.states import extending_record
from flightlog.core import annotations, events
from flightlog.core.deep_json import DEEPEST, NESTED
from flightlog.core.store import Store

TEXT = Path(annotation_file.__file__).with_name("FORMAT.md").read_text()


ANNOTATIONS = {kind.__struct_config__.tag: kind for kind in annotations.Annotation.__subclasses__()}


def section(title: str) -> str:
    return next(part for part in re.split(r"^## ", TEXT, flags=re.M) if part.startswith(title))


@pytest.mark.parametrize(("title", "kinds"), [("The journal", events.TYPES), ("Annotations", ANNOTATIONS)])
def test_every_type_and_member_is_described(title, kinds):
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| (.*) \|$", section(title), flags=re.M))
    assert set(rows) - {"type"} == set(kinds)
    common = {"seq", "t", "run", "by"}
    for name, kind in kinds.items():
        described = set(re.findall(r"`([a-z_0-9]+)`", rows[name]))
        for member in set(kind.__struct_fields__) - (common if title == "Annotations" else {"seq", "t"}):
            assert member in described, f"{name}.{member}"
    for part in (events.Fault, events.Writer, events.DeclaredStep, events.Opaque):
        assert all(member in section("The journal") for member in part.__struct_fields__)


def test_numbers_in_the_text_are_those_of_the_code():
    assert f"{LONGEST >> 20} MiB" in TEXT
    assert DEEPEST == 100
    assert "a hundred levels" in TEXT
    assert f'{{"{NESTED}":' in TEXT
    assert events.FORMAT == 1


# A reader as a stranger would write it: from the text above, with nothing of Flightlog's.


def read_whole_lines(path: Path) -> list[dict]:
    data = path.read_bytes()
    lines = data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]
    objects = []
    for line in lines:
        head, _, tail = line.rpartition(b',"crc"')
        assert b'"%08x"' % zlib.crc32(head) in tail
        objects.append(json.loads(line))
    return objects


def whole_values(path: Path) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for line in path.read_bytes().splitlines()[1:]:
        record = json.loads(line)
        if record["type"] == "opaque":
            continue
        body = line[: line.rindex(b',"crc"')]
        if "extends" in record:
            base, added = values[record["extends"]], body.split(b',"added":', 1)[1]
            comma = b"," if base[:1] == b"[" and len(base) > 2 and len(added) > 2 else b""
            value = base[:-1] + comma + added[1:]
        else:
            value = body.split(b',"value":', 1)[1]
        assert hashlib.sha256(value).hexdigest() == record["digest"]
        values.setdefault(record["digest"], value)
    return values


def test_a_strangers_reader_reads_a_run(tmp_path):
    layout = Layout(tmp_path)
    recording = JournalRecording(layout)
    store = Store(name="x", recording=recording, workflows=None, reading=None, close=lambda: None)
    run = store.run("triage", objective="sort ✓", meta={"nan": float("nan")})
    assert lock.is_held(layout.journal(run.id))
    with run, run.step("plan"):
        run.log("hello\nworld", n=1)
        run.checkpoint({"messages": ["é"], "n": 2**70}, opaque={"p": b"\0"})
    (journal,) = (tmp_path / "runs").glob(f"*/{run.id}.jsonl")
    first, *_, last = found = read_whole_lines(journal)
    assert list(first)[:3] == ["type", "seq", "t"]
    assert (first["type"], first["format"], first["run"]) == ("run.started", 1, run.id)
    assert first["meta"] == {"nan": "NaN"}
    assert [event["seq"] for event in found] == [1, 2, 3, 4, 5, 6]
    assert found[2]["message"] == "hello\nworld"
    assert (last["type"], last["status"]) == ("run.finished", "completed")
    states = layout.states(run.id)
    assert read_whole_lines(states)[0] == {"type": "states", "format": 1, "run": run.id} | {
        "crc": read_whole_lines(states)[0]["crc"]
    }
    values = whole_values(states)
    assert {key: json.loads(values[digest]) for key, digest in found[3]["values"].items()} == {
        "messages": ["é"],
        "n": 2**70,
    }
    assert found[3]["sizes"] == {key: len(values[digest]) for key, digest in found[3]["values"].items()}


def test_a_strangers_reader_follows_what_extends(tmp_path):
    path = tmp_path / "x.states.jsonl"
    layout = Layout(tmp_path / "data")
    writer = JournalRecording(layout).begin(events.RunStarted(run="01m7yfk42b3kk74d159gj4jad7", workflow="w"))
    base = writer.put_value(b'["a"]')
    text = writer.put_value(b'"ab"')
    writer.close()
    path = layout.states(writer.run)
    more = [(b'["a","b"]', base, b'["b"]'), (b'"abcd"', text, b'"cd"'), (b'["a"]', base, b"[]")]
    lines = [extending_record(hashlib.sha256(value).hexdigest(), on, added) for value, on, added in more]
    path.write_bytes(path.read_bytes() + b"".join(line + b"\n" for line in lines))
    assert set(whole_values(path).values()) == {b'["a"]', b'"ab"', b'["a","b"]', b'"abcd"'}
