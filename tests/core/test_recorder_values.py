"""Whatever an agent hands over becomes JSON, without an exception and with as little loss as JSON allows."""

import contextlib
import dataclasses
import datetime
import decimal
import enum
import json
import math
import os
import threading
import uuid
from collections import OrderedDict, deque
from pathlib import PurePosixPath

import msgspec
import pydantic
import pytest
from deep_states import nested, whole
from flightlog.core.deep_json import DEEPEST, folded, opened
from flightlog.core.events import Fault, Logged, SnapshotTaken, check, decode
from flightlog.core.recording.jsonable import NotPlain, encode, line_of, make_plain, plain, text
from hypothesis import given, settings
from hypothesis import strategies as st


class Colour(enum.Enum):
    RED = "red"


class Word(str):
    __slots__ = ()


class Number(int):
    pass


@dataclasses.dataclass
class Point:
    x: float
    y: object


class Model(pydantic.BaseModel):
    name: str
    when: datetime.date


class Array:
    """As numpy's arrays and scalars answer."""

    def tolist(self):
        return [1.5, float("nan")]


class Silent:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=30,
)
anything = st.recursive(
    json_values
    | st.floats()
    | st.integers()
    | st.binary()
    | st.text()
    | st.datetimes()
    | st.decimals()
    | st.uuids()
    | st.builds(object)
    | st.builds(Silent),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.integers() | st.none() | st.tuples(st.integers()), inner)
        | st.builds(Point, st.floats(), inner)
    ),
    max_leaves=20,
)


@given(json_values)
def test_json_comes_back_as_it_was(value):
    assert json.loads(encode(value)) == value
    assert plain(value) == value


@given(anything)
@settings(max_examples=300)
def test_anything_can_be_encoded_and_read_back(value):
    loaded = json.loads(encode(value), parse_constant=lambda name: pytest.fail(name))
    assert msgspec.json.decode(encode(value)) == loaded
    assert encode(plain(value)) == encode(loaded)


@given(anything)
@settings(max_examples=300)
def test_any_event_becomes_one_whole_line(value):
    event = Logged(level="INFO", message="m", details={"value": value}, seq=3, t="2026-11-20T10:02:11.123456Z")
    try:
        line = line_of(event)
    except NotPlain:
        make_plain(event)
        line = line_of(event)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    check(line[:-1])
    read = decode(line[:-1])
    assert (read.seq, read.message, set(read.details)) == (3, "m", {"value"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ({"a": [1.5, None, float("inf")]}, {"a": [1.5, None, "Infinity"]}),
        ("half \ud83d pair", "half \\ud83d pair"),
        ({"\udc00": 1}, {"\\udc00": 1}),
        (2**64 - 1, 2**64 - 1),
        ([2**70], [2**70]),
        ((float("nan"), 2**70), ["NaN", 2**70]),
        (b"\xff\x00", "/wA="),
        ({1: "a", 2.5: "b"}, {"1": "a", "2.5": "b"}),
        ({(1, 2): "a", None: "b"}, {"(1, 2)": "a", "None": "b"}),
        ({None: 1, "None": 2}, {"None": 1, "None (str)": 2}),
        (Colour.RED, "red"),
        ([Word("w"), Number(7)], ["w", 7]),
        (Point(1.5, {"z": None}), {"x": 1.5, "y": {"z": None}}),
        (Point(math.nan, None), {"x": "NaN", "y": None}),
        (Model(name="n", when=datetime.date(2026, 11, 20)), {"name": "n", "when": "2026-11-20"}),
        (Array(), [1.5, "NaN"]),
        (deque([1, 2]), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        ({"s": {3}, "d": decimal.Decimal("1.10")}, {"s": [3], "d": "1.10"}),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (ValueError("why"), {"type": "ValueError", "message": "why"}),
        (Fault(type="T", message="m"), {"type": "T", "message": "m"}),
        (Silent(), "<Silent that cannot be shown>"),
        (PurePosixPath("/data/in.csv"), "/data/in.csv"),
        ([PurePosixPath(os.fsdecode(b"\xff"))], ["\\udcff"]),
        (range(10**12), "range(0, 1000000000000)"),
        (int, "<class 'int'>"),
    ],
)
def test_how_values_are_kept(value, expected):
    assert json.loads(encode(value)) == expected


def test_a_very_long_integer_and_a_very_long_repr():
    assert json.loads(encode([10**5000, float("nan")]))[0].startswith("0x")

    class Long:
        def __repr__(self) -> str:
            return "x" * 1_000_000

    assert len(encode(Long())) < 20_000


def test_circles_become_notes():
    circle: list[object] = [1]
    circle.append(circle)
    assert json.loads(encode(circle)) == [1, "… contains itself"]
    twice = [1]
    assert json.loads(encode([twice, twice, float("nan")])) == [[1], [1], "NaN"]
    mutual: dict[str, object] = {}
    mutual["me"] = Point(1, mutual)
    assert json.loads(encode(mutual)) == {"me": {"x": 1, "y": "… contains itself"}}


WRAPPERS = {
    "[%]": lambda inner: [inner],
    '{"next":%}': lambda inner: {"next": inner},
    '{"x":1.0,"y":%}': lambda inner: Point(1.0, inner),
}


@given(anything, st.integers(0, 3 * DEEPEST), st.sampled_from(sorted(WRAPPERS)))
@settings(max_examples=60)
def test_what_lies_too_deep_is_kept_whole_as_text(value, depth, form):
    body = encode(nested(depth, WRAPPERS[form], value))
    assert json.loads(body) == msgspec.json.decode(body)
    left, _, right = form.partition("%")
    assert json.loads(whole(body)) == json.loads(left * depth + encode(value).decode() + right * depth)
    again = encode(msgspec.json.decode(body))
    assert json.loads(whole(again)) == json.loads(whole(folded(body))) == json.loads(whole(body))
    assert encode(msgspec.json.decode(again)) == again


@pytest.mark.parametrize("form", WRAPPERS)
@pytest.mark.parametrize("depth", [2 * DEEPEST + 5, 900, 9_000])
def test_a_stack_is_never_too_small(depth, form):
    body = encode(nested(depth, WRAPPERS[form]))
    left, _, right = form.partition("%")
    text = left * depth + "1" + right * depth
    assert whole(body) == text
    if form.startswith(("[", '{"n')):
        assert folded(text.encode()) == body
    levels, inner = 0, msgspec.json.decode(body)
    while isinstance(inner, list | dict):
        inner = opened(inner)
        inner, levels = inner[-1] if isinstance(inner, list) else list(inner.values())[-1], levels + 1
    assert (inner, levels) == (1, depth)


def test_what_makes_new_objects_for_ever_ends():
    class Endless:
        def tolist(self) -> list[object]:
            return [Endless()]

    assert len(encode(Endless())) < 100_000


@pytest.mark.parametrize("depth", [DEEPEST - 2, DEEPEST, 2 * DEEPEST, 900, 20_000])
def test_a_deep_value_in_an_event_is_made_plain_once(depth):
    event = Logged(level="INFO", message="m", details={"a": {"b": nested(depth)}, "pad": "x" * 500})
    with contextlib.suppress(NotPlain):
        line_of(event)
    make_plain(event)
    assert decode(line_of(event)[:-1]).details["pad"] == "x" * 500


def test_many_shallow_containers_are_left_to_the_encoder():
    value = [{"role": "user", "name": None} for _ in range(5000)]
    assert json.loads(encode(value)) == value
    line_of(SnapshotTaken(name="input", value=value))


def test_values_that_change_meanwhile_are_no_exception():
    value = {str(n): [object(), n] for n in range(2000)}
    stop = threading.Event()

    def change() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            value[f"new{n}"] = [n]
            value.pop(f"new{n - 50}", None)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(20):
            assert len(json.loads(encode(value))) >= 2000
    finally:
        stop.set()
        thread.join()


def test_text_of_anything():
    assert text("a") == "a"
    assert text(None) == ""
    assert text(7) == "7"
    assert type(text(Word("w"))) is str
    assert "Silent" in text(Silent())
