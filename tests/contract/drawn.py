"""What histories are drawn from: texts, names, values and events that an engine may take for something else."""

import hypothesis.strategies as st
from flightlog.core import events as e
from flightlog.core.pages import Sort

TEXT = st.sampled_from(["", "plan", "Plan", "sort the\ninbox", "ß é", "a_%b*", "nul\0 \x01", "東京 🦊", "\x1b[31m'\""])
NAME = st.sampled_from(["fetch", "Fetch", "plan", "é\0"])
WORKFLOW = st.sampled_from(["w", "v", "w.1"])
GROUP = st.none() | st.sampled_from(["ana", "ben"])
STEP = st.none() | st.sampled_from(["s1", "s2", "s3", "ß"])
STEP_ID = st.sampled_from(["s1", "s2", "s3", "ß"])
SMALL = st.integers(0, 4)
JSON = st.sampled_from([None, 0, -1, 2**62, 1.5, "", "nul\0", [1, [None]], {"k": {"ä": True}}, "x" * 3000])
META = st.dictionaries(st.sampled_from(["k", "ä", "nul\0"]), JSON, max_size=2)
FAULT = st.none() | st.builds(e.Fault, type=st.sampled_from(["", "Gone"]), message=TEXT)
KEY = st.sampled_from(["messages", "plan", "ä", "n"])
VALUE = st.sampled_from(
    [b"1", b"null", b'"x"', b'["a"]', b'["a","b"]', b'["a","b","c"]', b'{"k":[1]}', b'"%b"' % (b"y" * 5000)]
)
MODEL = st.sampled_from(["", "small", "big"])
YAML = ("a: 1\n", "a: 2\n", "steps: [x, y]  # ä\n")
SORTS = [
    Sort(field=field, descending=down)
    for field in ("started", "finished", "last_event", "took", "tokens", "cost", "name", "status", "events", "errors")
    for down in (True, False)
]

EVENTS = st.one_of(
    st.builds(e.RunMeta, meta=META),
    st.builds(
        e.GraphDeclared,
        steps=st.lists(
            st.builds(e.DeclaredStep, id=STEP_ID, name=NAME, agent=TEXT, depends_on=st.lists(STEP_ID, max_size=2)),
            max_size=3,
            unique_by=lambda step: step.id,
        ),
    ),
    st.builds(
        e.StepStarted,
        step=STEP_ID,
        name=NAME,
        agent=TEXT,
        kind=TEXT,
        parent=STEP,
        attempt=st.integers(1, 3),
        input=JSON,
    ),
    st.builds(
        e.StepFinished,
        step=STEP_ID,
        status=st.sampled_from(["completed", "failed", "skipped"]),
        error=FAULT,
        output=JSON,
    ),
    st.builds(
        e.Logged, level=st.sampled_from(e.LEVELS), message=TEXT, kind=TEXT, step=STEP, request_id=TEXT, details=META
    ),
    st.builds(
        e.CostRecorded,
        **{"model": MODEL, "provider": TEXT, "step": STEP, "agent": TEXT, "nanousd": st.none() | SMALL},
        **{f"{name}_tokens": SMALL for name in ("input", "output", "cache_read", "cache_write", "reasoning")},
    ),
    st.builds(e.MessageSent, sender=TEXT, recipient=TEXT, role=TEXT, content=JSON, step=STEP),
    st.builds(e.ApprovalRequested, approval=st.sampled_from(["a1", "a2"]), question=TEXT, step=STEP, details=META),
    st.builds(
        e.ApprovalDecided,
        **{"approval": st.sampled_from(["a1", "a2"]), "by": TEXT, "note": TEXT},
        decision=st.sampled_from(["approved", "rejected", "expired"]),
    ),
    st.builds(e.ArtifactMade, name=TEXT, path=TEXT, size=st.none() | SMALL, media_type=TEXT, step=STEP),
    st.builds(
        e.ItemChanged,
        row_number=st.integers(-2, 4),
        status=st.sampled_from(["pending", "processing", "completed", "failed", "skipped"]),
        **{"attempt": st.integers(1, 3), "error": FAULT, "step": STEP, "input": JSON},
    ),
    st.builds(e.MetricReported, name=NAME, value=st.sampled_from([0.0, -1.5, 1e300]), step=STEP),
    st.builds(e.SnapshotTaken, name=st.sampled_from(["plan", "result", "input", "output"]), value=JSON),
)
