"""Whatever an agent may pass to whichever call, drawn."""

import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

NEVER, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59)
DEEP: Any = [0]
for _ in range(5000):
    DEEP = [DEEP]
AROUND: Any = {"a": 1}
AROUND["around"] = AROUND


class Odd:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


numbers = st.one_of(
    st.sampled_from([None, True, -1, 0, 3, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**70), 2**70, 10**5000]),
    st.sampled_from([1.5, -0.0, 1e308, 5e-324, math.nan, math.inf, -math.inf, "9007199.26", "1e400", 10_000_000.0]),
)
garbage = st.one_of(
    numbers,
    st.sampled_from(["", "x", "X", "\ud800", "\x1b[2J", "nul\0", "\n", "x" * 5000, "é" * 300, b"\xff", NEVER, LAST]),
    st.sampled_from(
        [[], {}, {"a": 1}, {None: math.nan}, {1: 1, "1": 2}, ["a", 1], ("x",), {3}, [object()], DEEP, AROUND]
    ),
    st.sampled_from(["completed", "failed", "INFO", "plan", "result", "pending", "2026-11-20T10:00:00Z", "a\ud800"]),
    st.dictionaries(
        st.one_of(st.text(max_size=3), st.integers(), st.none()),
        st.recursive(st.one_of(st.integers(), st.floats(), st.text(max_size=3)), st.lists, max_leaves=4),
        max_size=3,
    ),
    st.builds(Odd),
    st.builds(object),
    st.builds(ValueError, st.text(max_size=5)),
)
CALLS = {
    "log": (1, ["level", "kind", "request_id", "a", "b"]),
    "error": (1, ["kind", "error"]),
    "cost": (2, ["input_tokens", "output_tokens", "reasoning_tokens", "dollars", "nanousd", "agent"]),
    "metric": (2, []),
    "checkpoint": (2, ["parent"]),
    "snapshot": (2, []),
    "message": (4, []),
    "artifact": (2, ["media_type", "sha256"]),
    "item": (2, ["attempt", "error", "input", "output"]),
    "step": (1, ["agent", "kind", "attempt", "depends_on", "input", "meta"]),
    "graph": (1, []),
    "meta": (0, ["a", "b"]),
}
NEAR = (2**53, 2**53 + 1, 2**63 - 1, 2**63)
NUMBERS = ("input_tokens", "output_tokens", "reasoning_tokens", "dollars", "nanousd", "attempt")
calls = st.sampled_from([*sorted(CALLS), "cost", "cost"]).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.lists(garbage, min_size=CALLS[name][0], max_size=CALLS[name][0]),
        st.fixed_dictionaries(
            {},
            optional={
                word: st.sampled_from(NEAR) | numbers | garbage if word in NUMBERS else garbage
                for word in CALLS[name][1]
            },
        ),
    )
)
beginnings = st.dictionaries(
    st.sampled_from(
        [
            "version",
            "name",
            "objective",
            "session",
            "project",
            "parent",
            "attempt",
            "tags",
            "meta",
            "plan_id",
            "from_checkpoint",
            "id",
        ]
    ),
    garbage,
)
