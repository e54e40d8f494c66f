"""What a run is made of, as the repository tells it from tables and recorded bytes."""

import pytest
from flightlog.backends.sql.run_repository import SqlRuns
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Pinned, Scored, Tagged
from flightlog.core.errors import Conflict, Corrupt, NotFound, ReadOnly, StorageError
from flightlog.core.query.query import equals
from flightlog.core.runs import Damage

NO_RUN = "01jd00000000000000000000zz"


def test_every_question_about_an_unknown_run_is_not_found(small):
    runs = small.runs
    questions = [runs.get, runs.children, runs.steps, runs.items, runs.messages, runs.approvals, runs.artifacts]
    questions += [runs.snapshots, runs.metrics, runs.notes, runs.events, runs.cost_records, runs.damage]
    questions += [small.logs.query, small.logs.counts, small.checkpoints.list]
    questions += [lambda run: runs.event(run, 1), lambda run: runs.annotate(Pinned(run=run))]
    questions += [lambda run: runs.decide(run, "a", "approved")]
    for ask in questions:
        with pytest.raises(NotFound):
            ask(NO_RUN)


def test_steps_come_as_they_began_and_then_as_declared(small):
    run = small.begin()
    declared = [e.DeclaredStep(id=name, name=name, depends_on=["a"] if name != "a" else []) for name in "abcd"]
    small.record(
        run,
        e.GraphDeclared(steps=declared),
        e.StepStarted(step="c", name="c", agent="worker", kind="tool", input={"q": 1}),
        e.StepStarted(step="a", name="a", parent="c", attempt=2),
        e.CostRecorded(model="m", step="a", input_tokens=3, nanousd=7),
        e.Logged(level="INFO", message="x", step="a"),
        e.StepFinished(step="a", status="failed", error=e.Fault(type="E", message="no"), output=[1]),
    )
    steps = small.runs.steps(run)
    assert [(step.id, step.status) for step in steps] == [
        ("c", "running"),
        ("a", "failed"),
        ("b", "pending"),
        ("d", "pending"),
    ]
    c, a, b, _ = steps
    assert (c.agent, c.kind, c.has_input, c.has_output, c.started_seq) == ("worker", "tool", True, False, 3)
    assert (a.parent, a.attempt, a.error, a.logs, a.has_output) == ("c", 2, "E: no", 1, True)
    assert (a.tokens.input, a.money.recorded_nanousd, a.started_seq, a.finished_seq) == (3, 7, 4, 7)
    assert b.depends_on == ("a",)
    assert small.runs.event(run, c.started_seq).input == {"q": 1}


def test_items_come_failed_first_in_pages_by_row_number(small):
    run = small.begin()
    statuses = {1: "completed", 2: "failed", 3: "pending", 10: "failed", 4: "completed"}
    for number, status in statuses.items():
        small.record(run, e.ItemChanged(row_number=number, status=status, attempt=2, error=e.Fault(type="E")))
    for limit in (1, 2, 5, 100):
        found, cursor = [], None
        while True:
            page = small.runs.items(run, limit=limit, after=cursor)
            found += page.items
            cursor = page.next
            if cursor is None:
                break
        assert [item.row_number for item in found] == [2, 10, 1, 3, 4]
    assert (found[0].status, found[0].attempts, found[0].error, found[0].first_seq) == ("failed", 2, "E", 3)


def test_rows_are_numbered_as_their_agent_likes(small):
    run = small.begin()
    for number in (-7, -1, 0, 5, -(2**63) + 1, 2**63 - 1):
        small.record(run, e.ItemChanged(row_number=number, status="failed" if number % 2 else "completed"))
    for status, numbers in (
        ("failed", [-(2**63) + 1, -7, -1, 5, 2**63 - 1]),
        ("completed", [0]),
        (None, [-(2**63) + 1, -7, -1, 5, 2**63 - 1, 0]),
    ):
        page = small.runs.items(run, status=status, limit=1)
        found = list(page.items)
        while page.next:
            page = small.runs.items(run, status=status, limit=1, after=page.next)
            found += page.items
        assert [item.row_number for item in found] == numbers
    assert len(small.runs.retries(run).items) == 5


def test_messages_come_in_order_with_their_contents_and_one_read(small, statements):
    run = small.begin()
    for number in range(5):
        small.record(
            run,
            e.Logged(level="INFO", message="between"),
            e.MessageSent(sender="a", recipient="b", role="user", content={"n": number}, step="s"),
        )
    statements.clear()
    first = small.runs.messages(run, limit=3)
    assert len(statements) <= 3  # is there such a run, its rows, their contents
    rest = small.runs.messages(run, limit=3, after=first.next)
    found = first.items + rest.items
    assert [message.content for message in found] == [{"n": number} for number in range(5)]
    assert [message.seq for message in found] == [3, 5, 7, 9, 11]
    assert rest.next is None
    one = found[0]
    assert (one.sender, one.recipient, one.role, one.step) == ("a", "b", "user", "s")
    assert one.t.startswith("2026-11-")


def test_a_damaged_message_has_no_content_and_hides_no_other(small):
    run = small.begin()
    seqs = small.record(run, *(e.MessageSent(sender="a", content=number) for number in range(3)))
    small.damage_line(run, seqs[1])
    assert [message.content for message in small.runs.messages(run).items] == [0, None, 2]
    with pytest.raises(Corrupt):
        small.runs.event(run, seqs[1])
    with pytest.raises(NotFound):
        small.runs.event(run, 99)


def test_a_damaged_message_hides_no_other_event(small, statements):
    run = small.begin()
    seqs = small.record(run, *(e.MessageSent(sender="a", content=number) for number in range(300)))
    small.damage_line(run, seqs[1])
    statements.clear()
    found = small.runs.some_events(run, [*seqs, 10_000])
    assert len(statements) == 2  # is the run there; and its events
    assert {seq: event.content for seq, event in found.items()} == {
        seq: number for number, seq in enumerate(seqs) if number != 1
    }


@pytest.mark.parametrize("cursor", ["x", "1.2.3", "-1", "²", "1 "])
def test_cursors_of_parts_are_checked(small, cursor):
    run = small.begin()
    for read in (small.runs.items, small.runs.messages):
        with pytest.raises(StorageError):
            read(run, after=cursor)


def test_events_come_in_the_recorded_bytes(small):
    run = small.begin()
    small.record(run, e.Logged(level="INFO", message="ü"), e.RunFinished(status="completed"))
    lines = small.runs.events(run)
    assert [seq for seq, _ in lines] == [1, 2, 3]
    assert b'"message":"\xc3\xbc"' in lines[1][1]
    assert small.runs.events(run, after=1, limit=1) == lines[1:2]


def test_artifacts_snapshots_metrics_and_notes(small):
    run = small.begin()
    small.record(
        run,
        e.ArtifactMade(name="report", path="out/report.md", size=12, sha256="ab", media_type="text/markdown", step="s"),
        e.SnapshotTaken(name="plan", value=["old"]),
        e.SnapshotTaken(name="plan", value=["new"]),
        e.SnapshotTaken(name="result", value=None),
        e.MetricReported(name="score", value=0.5, step="s"),
    )
    small.runs.annotate(Scored(run=run, name="score", value=0.9, by="ana"))
    small.runs.annotate(Noted(run=run, text="later", by="ana", t="2026-11-30T00:00:00.000000Z"))
    small.runs.annotate(Noted(run=run, text="sooner", by="bo", t="2026-11-29T00:00:00.000000Z"))
    small.runs.annotate(Tagged(run=run, tag="b"))
    small.runs.annotate(Tagged(run=run, tag="a"))
    small.runs.annotate(Pinned(run=run))
    (artifact,) = small.runs.artifacts(run)
    assert (artifact.name, artifact.path, artifact.size, artifact.step) == ("report", "out/report.md", 12, "s")
    assert small.runs.snapshots(run) == {"plan": ["new"], "result": None}
    assert [(metric.value, metric.seq) for metric in small.runs.metrics(run).items] == [(0.5, 6), (0.9, 0)]
    assert small.runs.metrics(run).items[1].t
    assert [(note.text, note.by) for note in small.runs.notes(run).items] == [("sooner", "bo"), ("later", "ana")]
    told = small.runs.get(run)
    assert (told.tags, told.notes, told.pinned, told.artifacts) == (("a", "b"), 2, True, 1)


def test_approvals_of_a_run_and_all_that_wait(small):
    first, second = small.begin(), small.begin()
    small.record(first, e.ApprovalRequested(approval="a", question="Send?", details={"mails": 14}, step="s"))
    small.record(second, e.ApprovalRequested(approval="b", question="Pay?"))
    small.record(first, e.ApprovalRequested(approval="c", question="Stop?"))
    assert [approval.id for approval in small.runs.approvals(first)] == ["a", "c"]
    assert [approval.id for approval in small.runs.pending().items] == ["a", "b", "c"]
    small.record(first, e.ApprovalDecided(approval="a", decision="approved", by="ana", note="fine"))
    decided = small.runs.approvals(first)[0]
    assert (decided.status, decided.by, decided.note, decided.details) == ("approved", "ana", "fine", {"mails": 14})
    assert [approval.id for approval in small.runs.pending().items] == ["b", "c"]


def test_an_approval_is_answered_once(small):
    run = small.begin()
    small.record(run, e.ApprovalRequested(approval="a", question="Send?"))
    small.runs.decide(run, "a", "rejected", by="ana", note="no")
    (waiting,) = small.runs.approvals(run)
    assert (waiting.status, waiting.answered, waiting.by) == ("pending", "rejected", "ana")
    with pytest.raises(Conflict, match="rejected"):
        small.runs.decide(run, "a", "approved")
    small.record(run, e.ApprovalDecided(approval="a", decision="rejected", by="ana"))
    with pytest.raises(Conflict, match="rejected"):
        small.runs.decide(run, "a", "approved")
    with pytest.raises(NotFound):
        small.runs.decide(run, "zzz", "approved")


def test_an_approval_of_a_finished_run_is_not_answered(small):
    run = small.begin()
    small.record(run, e.ApprovalRequested(approval="a", question="Send?"), e.RunFinished(status="cancelled"))
    with pytest.raises(Conflict):
        small.runs.decide(run, "a", "approved")
    assert small.runs.pending().items == []


def test_where_nobody_can_write_changes_are_refused(small):
    run = small.begin()
    small.record(run, e.ApprovalRequested(approval="a", question="Send?"))
    others = SqlRuns(small.database, small.bodies, lambda: None)
    with pytest.raises(ReadOnly):
        others.annotate(Pinned(run=run))
    with pytest.raises(ReadOnly):
        others.decide(run, "a", "approved")


def test_damage_is_told_of_a_run_and_of_the_store(small):
    run = small.begin()
    of_run = Damage(where="journal", what="a torn line", run=run, offset=10, length=4, raw="{\\x00")
    with small.database.write() as connection:
        small.projector.damage(connection, of_run)
        small.projector.damage(connection, Damage(where="annotations", what="not JSON"))
    assert small.runs.damage(run).items == [of_run]
    assert [damage.what for damage in small.runs.damage().items] == ["a torn line", "not JSON"]
    first = small.runs.damage(limit=1)
    rest = small.runs.damage(limit=1, after=first.next)
    assert (first.items, [damage.what for damage in rest.items], rest.next) == ([of_run], ["not JSON"], None)
    assert small.runs.damage(within=equals("id", run)).items == [of_run]
    assert small.runs.damage(within=equals("id", "other")).items == []
    assert small.runs.get(run).damaged == 1
    assert small.runs.totals().damaged == 2
