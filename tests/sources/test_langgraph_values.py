"""Stored values are data: decoded without looking up a class, never executed, never unpickled."""

import pickle
import sqlite3
import subprocess
import sys
import uuid
from collections import deque
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path

import flightlog
import msgspec
import pytest
from deep_states import whole
from flightlog.backends.sources.langgraph.deep_msgpack import unpack
from flightlog.backends.sources.langgraph.values import decode, digest, encode
from flightlog.backends.sources.open_source import open_source
from flightlog.core.deep_json import DEEPEST
from flightlog.core.errors import Corrupt
from flightlog.core.query.query import EVERYTHING
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Send
from pydantic import BaseModel
from sqlalchemy import text

dumps = JsonPlusSerializer(pickle_fallback=True).dumps_typed


class Mail(BaseModel):
    to: str
    parts: list[bytes] = []


@dataclass
class Point:
    x: int
    y: float


class Colour(Enum):
    RED = "red"


class Trap:
    """Touches a file when it is unpickled."""

    canary = "/nonexistent"

    def __reduce__(self):
        return (Path.touch, (Path(self.canary),))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        ({"a": [1, 2.5, True, None, "ü"]}, {"a": [1, 2.5, True, None, "ü"]}),
        ({1: "one", (2, 3): "pair"}, {"1": "one", "(2, 3)": "pair"}),
        (
            {
                1,
            },
            [1],
        ),
        (deque([1, 2]), [1, 2]),
        (uuid.UUID(int=5), str(uuid.UUID(int=5))),
        (Decimal("1.50"), "1.50"),
        (Path("/a/b"), "/a/b"),
        (Path("a/b"), "a/b"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(1, 2, 3), "01:02:03"),
        (Send("work", {"n": 1}), {"__class__": "langgraph.types.Send", "node": "work", "arg": {"n": 1}}),
        (Point(1, 2.5), {"__class__": f"{__name__}.Point", "x": 1, "y": 2.5}),
        (Colour.RED, {"__class__": f"{__name__}.Colour", "value": "red"}),
        ("\ud800", "?"),
    ],
)
def test_what_the_library_stores_is_shown_as_data(value, shown):
    found = decode(*dumps(value))
    assert found == shown
    assert msgspec.json.decode(encode(found)) == shown


def test_objects_keep_their_class_name_and_bytes_their_size():
    found = decode(*dumps(Mail(to="ana", parts=[b"1234"])))
    assert found["__class__"].endswith(".Mail")
    assert found["to"] == "ana"
    assert (found["parts"][0]["opaque"], found["parts"][0]["size"]) == ("bytes", 4)
    assert decode(*dumps(b"12"))["opaque"] == "bytes"
    assert decode(*dumps(bytearray(b"12")))["size"] == 2


def test_json_of_old_releases():
    raw = (
        b'{"lc": 2, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": "hi"}}'
    )
    assert decode("json", raw) == {"__class__": "langchain.schema.HumanMessage", "content": "hi"}


def test_equal_values_have_equal_digests():
    assert digest(encode({"a": 1, "b": 2})) == digest(encode({"b": 2, "a": 1}))


def test_numbers_that_json_cannot_say_do_not_break_a_state():
    found = encode(decode(*dumps({"nan": float("nan"), "big": 2**63, "inf": float("inf")})))
    assert found == b'{"big":9223372036854775808,"inf":null,"nan":null}'


@given(st.sampled_from(["msgpack", "json", "bytes", "pickle", "other", None]), st.binary(max_size=200))
def test_any_bytes_are_a_value_or_corrupt(kind, raw):
    try:
        value = decode(kind, raw)
    except Corrupt:
        assert kind in ("msgpack", "json")
    else:
        assert msgspec.json.encode(msgspec.json.decode(encode(value)), order="sorted") == encode(value)


@given(st.integers(0, 7), st.binary(max_size=60))
def test_any_extension_is_a_value_or_corrupt(code, payload):
    raw = msgspec.msgpack.encode(msgspec.msgpack.Ext(code, payload))
    try:
        value = decode("msgpack", raw)
    except Corrupt:
        return
    assert msgspec.json.encode(msgspec.json.decode(encode(value)), order="sorted") == encode(value)


def test_a_value_nested_beyond_reason_is_corrupt():
    with pytest.raises(Corrupt):
        decode("msgpack", b"\x91" * 200_000)
    deep = b"\xc0"
    for _ in range(3000):
        deep = msgspec.msgpack.encode(msgspec.msgpack.Ext(7, deep))
    with pytest.raises(Corrupt):
        decode("msgpack", deep)


@pytest.fixture
def trapped(program, graphs, tmp_path):
    """A database with pickles in every place where a value may be."""
    Trap.canary = str(tmp_path / "canary")
    program.run("one", graphs["agent"]())
    program.run("two", graphs["asking"]())
    trap = pickle.dumps(Trap())
    with closing(sqlite3.connect(program.path)) as connection:
        connection.execute("UPDATE writes SET type = 'pickle', value = ? WHERE channel NOT LIKE 'branch:%'", (trap,))
        connection.execute("UPDATE checkpoints SET type = 'pickle', checkpoint = ?", (trap,))
        connection.commit()
    return program.path


def test_a_pickle_is_never_loaded(trapped, tmp_path):
    with open_source(trapped, in_memory=True) as store:
        for listed in store.runs.query(EVERYTHING).items:
            run = store.runs.get(listed.id)
            store.runs.messages(run.id)
            store.runs.steps(run.id)
            store.runs.approvals(run.id)
            store.runs.events(run.id)
            list(store.logs.search("x", EVERYTHING))
            for checkpoint in store.checkpoints.list(run.id):
                state = store.checkpoints.state(checkpoint.id)
                assert state["(checkpoint)"]["opaque"] == "pickle"
                store.checkpoints.keys(checkpoint.id)
            list(store.upkeep.check())
    assert not (tmp_path / "canary").exists()
    pickle.loads(pickle.dumps(Trap()))  # noqa: S301 - the trap itself is real
    assert (tmp_path / "canary").exists()


def test_a_damaged_value_is_named_and_the_rest_is_shown(program, graphs):
    program.run("one", graphs["agent"]())
    program.run("two", graphs["agent"]())
    program.connection.execute(
        "UPDATE writes SET value = x'c7ff'"
        " WHERE thread_id = 'one' AND channel = 'messages' AND task_path LIKE '%answer'"
    )
    program.connection.commit()
    with open_source(program.path, in_memory=True) as store:
        runs = {run.source_id: run for run in store.runs.query(EVERYTHING).items}
        assert runs["two"].messages == 4
        assert runs["one"].messages == 3
        assert runs["one"].damaged == 1
        (damage,) = store.runs.damage(runs["one"].id).items
        assert "messages" in damage.where
        (finding,) = store.upkeep.check()
        assert finding.run == runs["one"].id


def test_reading_imports_nothing_of_langgraph(twenty):
    code = """
import sys
from pathlib import Path
from flightlog.backends.sources.open_source import open_source
from flightlog.core.query.query import EVERYTHING
with open_source(Path(sys.argv[1]), in_memory=True) as store:
    for run in store.runs.query(EVERYTHING, limit=1000).items:
        store.runs.events(run.id, limit=10_000)
        for checkpoint in store.checkpoints.list(run.id):
            store.checkpoints.state(checkpoint.id)
print(sorted(name for name in sys.modules if name.startswith(("lang", "pickle"))))
"""
    done = subprocess.run([sys.executable, "-c", code, twenty.path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = eval(done.stdout)
    assert [name for name in loaded if name != "pickle" and not name.startswith("pickle")] == []


def test_hostile_names_are_only_text(program, graphs):
    name = "x'; DROP TABLE checkpoints; --\x1b[31m"
    program.run(name, graphs["agent"]())
    with open_source(program.path, in_memory=True) as store:
        (run,) = store.runs.query(EVERYTHING).items
        assert (run.source_id, run.name, run.messages) == (name, name, 4)
        with store.runs._database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM langgraph_threads")).scalar_one() == 1


def packed(depth: int, head: bytes) -> bytes:
    return head * depth + b"\x01"


@pytest.mark.parametrize("depth", [DEEPEST, 250, 5_000])
@pytest.mark.parametrize(("head", "form"), [(b"\x91", "[%s]"), (b"\x81\xa1a", '{"a":%s}')])
def test_a_value_nested_deeper_than_python_recurses_is_kept_whole(depth, head, form):
    before, after = form.split("%s")
    wanted = before * depth + "1" + after * depth
    for value in (decode("msgpack", packed(depth, head)), decode("json", wanted.encode())):
        assert whole(encode(value)) == wanted


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
    )
)
def test_what_is_read_by_our_own_stack_is_what_is_read_by_another(value):
    raw = msgspec.msgpack.encode(value)
    assert repr(unpack(raw, lambda code, data: None)) == repr(msgspec.msgpack.decode(raw))


@given(st.binary(max_size=80))
def test_our_own_stack_reads_nothing_that_is_no_value(raw):
    def read(how):
        with suppress(msgspec.DecodeError, ValueError, LookupError, TypeError):
            return repr(how(raw))
        return None

    hook = lambda code, data: (code, bytes(data))  # noqa: E731
    assert read(lambda raw: unpack(raw, hook)) == read(lambda raw: msgspec.msgpack.decode(raw, ext_hook=hook))


class Backwards:
    """A cipher that hides nothing."""

    def encrypt(self, plaintext):
        return "mirror", plaintext[::-1]

    def decrypt(self, name, ciphertext):
        return ciphertext[::-1]


def test_a_program_that_encrypts_asks_without_saying_what(tmp_path, graphs):
    with closing(sqlite3.connect(tmp_path / "secret.sqlite", check_same_thread=False)) as connection:
        saver = SqliteSaver(connection, serde=EncryptedSerializer(Backwards()))
        graphs["asking"]().compile(checkpointer=saver).invoke({}, graphs["thread"]("asked"))
    with flightlog.open(tmp_path / "secret.sqlite") as store:
        (run,) = store.find("status:waiting")
        assert [one.question for one in store.runs.approvals(run.id)] == ["ask waits for an answer"]
        states = [store.checkpoints.state(one.id) for one in store.checkpoints.list(run.id)]
        assert {state["(checkpoint)"]["opaque"] for state in states} == {"msgpack+mirror"}
