"""What each event does to the query tables, and what others add."""

import pytest
from flightlog.backends.sql import tables, writes
from flightlog.backends.sql.annotating import RULES as ANNOTATION_RULES
from flightlog.backends.sql.projector import Batch, Projector, Recorded
from flightlog.backends.sql.projector_rules import PENDING, RULES
from flightlog.backends.sql.run_loading import _RUNNING
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import annotations as a
from flightlog.core import events as e
from flightlog.core.events import TYPES
from flightlog.core.ids import new_ulid
from flightlog.core.runs import Damage
from sqlalchemy import event as sql_events
from sqlalchemy import select
from sqlalchemy.dialects import sqlite

RUN = "01m3250v008jf0kc2kpfpna4wy"
STARTED = e.RunStarted(run=RUN, workflow="triage", version=3, objective="Sort the inbox", session="ana", tags=["Mail"])


class Told:
    """A database in memory to which events are told one batch at a time."""

    def __init__(self) -> None:
        self.database = open_database(None, truth=False)
        self.projector = Projector()
        self.seq: dict[str, int] = {}

    def tell(self, *events: e.Event, run: str = RUN, t: int = 0, **source: str) -> None:
        for number, event in enumerate(events, self.seq.get(run, 0) + 1):
            event.seq = number
            event.t = f"2026-11-20T10:00:{t or number:02}.000000Z"
        self.seq[run] = self.seq.get(run, 0) + len(events)
        with self.database.write() as connection:
            self.projector.project(connection, run, [Recorded(event, 10) for event in events], **source)

    def do(self, act, *args) -> None:
        with self.database.write() as connection:
            getattr(self.projector, act)(connection, *args)

    def rows(self, table, **where):
        conditions = [table.c[name] == value for name, value in where.items()]
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(select(table).where(*conditions)).mappings()]

    def one(self, table, **where):
        (row,) = self.rows(table, **where)
        return row

    def run(self, run: str = RUN):
        return self.one(tables.runs, id=run)


@pytest.fixture
def told():
    told = Told()
    yield told
    told.database.close()


def fresh(event: e.RunStarted, **changes) -> e.RunStarted:
    return e.RunStarted(**{name: getattr(event, name) for name in event.__struct_fields__} | changes)


def test_every_kind_of_event_and_annotation_has_its_rule():
    assert set(RULES) == set(TYPES.values())
    assert set(ANNOTATION_RULES) == set(a.Annotation.__subclasses__())


def test_a_run_from_start_to_end(told):
    told.tell(fresh(STARTED, meta={"k": 1}, writer=e.Writer(pid=7)), e.RunMeta(meta={"k": None, "n": [2]}))
    told.tell(e.RunFinished(status="failed", error=e.Fault(type="RateLimitError", message="slow down\nplease")))
    run = told.run()
    assert (run["workflow"], run["version"], run["session"]) == ("triage", 3, "ana")
    assert (run["status"], run["recorded"], run["error"]) == ("failed", "failed", "RateLimitError: slow down")
    assert (run["started"][17:19], run["finished"][17:19], run["took"]) == ("01", "03", 2.0)
    assert (run["events"], run["last_seq"], run["size_bytes"]) == (3, 3, 30)
    body = told.one(tables.run_bodies)
    assert (body["meta"], body["writer"]) == ('{"n":[2]}', '{"pid":7}')
    assert {"sort the inbox", "mail", "ratelimiterror: slow down"} <= set(
        body["words"].replace("\x1e", "\n").split("\n")
    )


def test_a_clock_that_went_back_gives_no_duration(told):
    told.tell(fresh(STARTED), t=30)
    told.tell(e.RunFinished(status="completed"), t=10)
    assert told.run()["took"] is None


def test_pausing_resuming_and_waking_up(told):
    told.tell(fresh(STARTED), e.RunPaused())
    assert told.run()["status"] == "paused"
    told.tell(e.RunResumed(writer=e.Writer(pid=9)))
    assert (told.run()["status"], told.one(tables.run_bodies)["writer"]) == ("running", '{"pid":9}')
    told.tell(e.RunFinished(status="failed", error=e.Fault(message="x")))
    told.tell(e.CostPriced(cost=99, nanousd=1, prices="2026"))
    assert told.run()["status"] == "failed"
    told.tell(e.StepStarted(step="s", name="again"))
    run = told.run()
    assert (run["status"], run["finished"], run["took"], run["error"]) == ("running", None, None, "")


def test_declared_steps_wait_until_they_begin(told):
    declared = [
        e.DeclaredStep(id="b", name="act", depends_on=["a"], agent="worker"),
        e.DeclaredStep(id="c", name="end"),
    ]
    told.tell(fresh(STARTED), e.GraphDeclared(steps=[e.DeclaredStep(id="a", name="plan"), *declared]))
    told.tell(e.GraphDeclared(steps=[e.DeclaredStep(id="d", name="more")]))
    told.tell(e.StepStarted(step="b", name="act", input={"x": 1}), e.StepFinished(step="b", status="completed"))
    steps = {row["id"]: row for row in told.rows(tables.steps)}
    assert [steps[name]["position"] - PENDING for name in "acd"] == [0, 2, 3]
    assert steps["a"]["status"] == steps["d"]["status"] == "pending"
    began = steps["b"]
    assert (began["position"], began["started_seq"], began["finished_seq"], began["status"]) == (4, 4, 5, "completed")
    assert (began["agent"], began["depends_on"], began["has_input"], began["has_output"]) == ("worker", '["a"]', 1, 0)
    assert (told.run()["steps"], told.run()["steps_done"]) == (4, 1)


@pytest.mark.parametrize("together", [True, False])
def test_the_current_step_is_the_one_that_began_last_and_still_runs(told, together):
    acts = [
        (e.StepStarted(step="p", name="plan"), "plan"),
        (e.StepStarted(step="c", name="call", parent="p"), "call"),
        (e.StepStarted(step="c2", name="call", parent="p"), "call"),
        (e.StepFinished(step="c2", status="completed"), "call"),
        (e.StepFinished(step="c", status="failed"), "plan"),
        (e.StepFinished(step="p", status="completed"), ""),
    ]
    told.tell(fresh(STARTED))
    if together:
        told.tell(*(act for act, _ in acts[:5]))
        assert told.run()["current_step"] == "plan"
        return
    for act, expected in acts:
        told.tell(act)
        assert told.run()["current_step"] == expected


def test_asking_for_the_current_step_does_not_walk_all_steps(told):
    told.tell(fresh(STARTED), e.StepStarted(step="root", name="root"))
    for n in range(50):
        told.tell(e.StepStarted(step=f"s{n}", name="work"), e.StepFinished(step=f"s{n}", status="completed"))
    assert told.run()["current_step"] == "root"
    with told.database.read() as connection:
        statement = str(_RUNNING.compile(dialect=sqlite.dialect(paramstyle="qmark")))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (RUN, 2, 0)).all()
    assert "steps_running" in str(plan)


def test_logs_are_counted_by_level_and_step(told):
    told.tell(fresh(STARTED), e.StepStarted(step="s", name="s"))
    for level in ("DEBUG", "INFO", "WARNING", "ERROR", "ERROR"):
        told.tell(e.Logged(level=level, message="m", step="s"))
    told.tell(e.Logged(level="INFO", message="m"))
    run = told.run()
    assert [run[name] for name in ("logs", "debugs", "warnings", "errors")] == [6, 1, 1, 2]
    assert told.one(tables.steps)["logs"] == 5


def test_costs_are_summed_by_step_run_and_day_and_priced_later(told):
    told.tell(fresh(STARTED), e.StepStarted(step="s", name="s", agent="planner"))
    told.tell(e.CostRecorded(model="m", step="s", input_tokens=10, output_tokens=5, cache_read_tokens=4, nanousd=100))
    told.tell(e.CostRecorded(model="m", step="s", input_tokens=1))
    run = told.run()
    assert (run["tokens"], run["nanousd"], run["calls_unknown"]) == (16, 100, 1)
    told.tell(e.CostPriced(cost=4, nanousd=7, prices="2026-11-01"), e.CostPriced(cost=3, nanousd=999, prices="x"))
    told.tell(e.CostPriced(cost=4, nanousd=9, prices="2026-11-02"))
    expected = (100, 9, 1, 1, 0)
    names = ("recorded_nanousd", "computed_nanousd", "calls_recorded", "calls_computed", "calls_unknown")
    for row in (told.run(), told.one(tables.steps), told.one(tables.rollups)):
        assert tuple(row[name] for name in names) == expected
    rollup = told.one(tables.rollups)
    assert (rollup["day"], rollup["agent"], rollup["calls"]) == ("2026-11-20", "planner", 2)
    spent = told.one(tables.spent)
    assert (spent["session"], spent["calls"]) == ("ana", 2)
    assert told.run()["nanousd"] == 109
    cost = told.one(tables.costs, seq=4)
    assert (cost["provenance"], cost["prices"], cost["nanousd"]) == ("computed", "2026-11-02", 9)


def test_a_call_from_before_the_known_beginning_of_its_step_is_none_of_its_own(told):
    told.tell(STARTED, e.CostRecorded(model="m", step="a"), e.StepStarted(step="a", name="a"))
    told.tell(e.CostPriced(cost=2, nanousd=7, prices="p"), e.CostPriced(cost=2, nanousd=9, prices="q"))
    step, run = told.one(tables.steps), told.run()
    assert (step["calls_unknown"], step["calls_computed"], step["computed_nanousd"]) == (0, 0, 0)
    assert (run["calls_unknown"], run["calls_computed"], run["computed_nanousd"]) == (0, 1, 9)


def test_money_is_unknown_and_not_zero_where_no_call_has_a_price(told):
    told.tell(fresh(STARTED), e.CostRecorded(model="m", input_tokens=1))
    assert told.run()["nanousd"] is None


def test_a_checkpoint_says_which_keys_differ_from_its_parent(told):
    told.tell(fresh(STARTED))
    opaque = {"blob": e.Opaque(digest="z", size=9, note="pickle")}
    told.tell(e.CheckpointSaved(checkpoint="1", values={"a": "x", "b": "y"}, sizes={"a": 3, "b": 4}))
    told.tell(e.CheckpointSaved(checkpoint="2", parent="1", values={"a": "x", "c": "y"}, opaque=opaque))
    told.tell(e.CheckpointSaved(checkpoint="3", parent="nobody knows", values={"a": "x"}))
    told.tell(e.CheckpointSaved(checkpoint="4", parent="3", values={"a": ""}))
    rows = {row["id"]: row for row in told.rows(tables.checkpoints)}
    assert [rows[key]["changed"] for key in "1234"] == ['["a","b"]', '["b","blob","c"]', None, None]
    assert (rows["1"]["keys"], rows["1"]["size_bytes"], rows["2"]["size_bytes"]) == (2, 7, 9)
    stored = told.one(tables.checkpoint_maps, checkpoint="2")["map"]
    assert stored == '{"a":["x",0],"c":["y",0],"blob":["z",9,"pickle"]}'


def test_a_checkpoint_belongs_to_the_run_that_had_it_first(told):
    other = new_ulid()
    told.tell(fresh(STARTED), e.CheckpointSaved(checkpoint="1", values={"a": "x"}))
    told.tell(fresh(STARTED, run=other), e.CheckpointSaved(checkpoint="1", values={}), run=other)
    assert told.one(tables.checkpoints)["run"] == RUN


def test_a_run_waits_while_a_question_is_open(told):
    told.tell(fresh(STARTED), e.ApprovalRequested(approval="1", question="Send 14 mails?"))
    told.tell(e.ApprovalRequested(approval="2", question="And delete?"))
    assert (told.run()["status"], told.run()["evidence"]) == ("waiting", "Send 14 mails?")
    told.do("annotate", a.Answered(run=RUN, approval="1", decision="approved", by="ana"))
    told.do("annotate", a.Answered(run=RUN, approval="1", decision="rejected", by="bob"))
    asked = told.one(tables.approvals, id="1")
    assert (asked["answered"], asked["by"], asked["status"]) == ("approved", "ana", "pending")
    assert told.run()["status"] == "waiting"
    told.tell(e.ApprovalDecided(approval="1", decision="approved", by="ana"))
    assert (told.run()["evidence"], told.one(tables.approvals, id="1")["answered"]) == ("And delete?", None)
    told.tell(e.ApprovalDecided(approval="2", decision="expired"))
    run = told.run()
    assert (run["status"], run["evidence"], run["approvals"], run["approvals_pending"]) == ("running", "", 2, 0)


def test_questions_of_a_finished_run_are_no_longer_open(told):
    told.tell(fresh(STARTED), e.ApprovalRequested(approval="1", question="?"))
    told.tell(e.RunFinished(status="cancelled"))
    assert (told.one(tables.approvals)["status"], told.run()["approvals_pending"]) == ("expired", 0)
    assert told.run()["status"] == "cancelled"


def test_items_are_counted_once_and_failed_ones_come_first(told):
    told.tell(
        fresh(STARTED), e.ItemChanged(row_number=1, status="pending"), e.ItemChanged(row_number=2, status="pending")
    )
    told.tell(e.ItemChanged(row_number=1, status="failed", attempt=2, error=e.Fault(type="E", message="m")))
    first = told.one(tables.items, row_number=1)
    assert (first["rank"], first["attempts"], first["error"], first["first_seq"], first["last_seq"]) == (
        0,
        2,
        "E: m",
        2,
        4,
    )
    assert (told.run()["items"], told.run()["items_failed"]) == (2, 1)
    told.tell(e.ItemChanged(row_number=1, status="completed", attempt=3))
    assert (told.run()["items"], told.run()["items_failed"]) == (2, 0)


def test_messages_artifacts_metrics_and_snapshots(told):
    told.tell(fresh(STARTED), e.MessageSent(sender="a", recipient="b", content="hi"))
    told.tell(e.ArtifactMade(name="f", path="/x/f", size=3), e.MetricReported(name="score", value=0.5))
    told.tell(e.SnapshotTaken(name="plan", value=1), e.SnapshotTaken(name="plan", value=2))
    assert told.one(tables.messages)["seq"] == 2
    assert told.one(tables.artifacts)["path"] == "/x/f"
    assert told.one(tables.metrics)["value"] == 0.5
    assert told.one(tables.snapshots)["seq"] == 6
    assert (told.run()["messages"], told.run()["artifacts"]) == (1, 1)


def test_pins_tags_notes_and_scores(told):
    told.tell(fresh(STARTED))
    for added in (
        a.Pinned(run=RUN),
        a.Tagged(run=RUN, tag="Bad"),
        a.Tagged(run=RUN, tag="Bad"),
        a.Tagged(run=RUN, tag="Mail", tagged=False),
        a.Noted(run=RUN, t="t", by="ana", text="Look AGAIN"),
        a.Scored(run=RUN, name="quality", value=2.0),
    ):
        told.do("annotate", added)
    assert told.run()["pinned"]
    assert told.run()["notes"] == 1
    assert told.one(tables.run_tags)["tag"] == "Bad"
    assert told.one(tables.metrics, name="quality")["seq"] == 0
    words = told.one(tables.run_bodies)["words"]
    assert "look again" in words
    assert "bad" in words
    assert "mail" not in words
    told.do("annotate", a.Pinned(run=RUN, pinned=False))
    assert not told.run()["pinned"]
    told.do("annotate", a.Pinned(run=new_ulid()))
    assert len(told.rows(tables.runs)) == 1


def test_a_lost_run_is_alive_again_with_its_next_event(told):
    told.tell(fresh(STARTED), e.ApprovalRequested(approval="1", question="?"))
    told.do("mark_lost", RUN, "pid 4312 is gone")
    assert (told.run()["status"], told.run()["recorded"], told.run()["evidence"]) == (
        "lost",
        "running",
        "pid 4312 is gone",
    )
    assert told.one(tables.counters)["status"] == "lost"
    told.tell(e.Logged(level="INFO", message="m"))
    assert (told.run()["status"], told.run()["evidence"]) == ("waiting", "?")
    assert told.one(tables.counters)["status"] == "waiting"
    told.tell(e.RunFinished(status="completed"))
    told.do("mark_lost", RUN, "pid 4312 is gone")
    assert told.run()["status"] == "completed"


def test_a_paused_run_says_why_until_it_goes_on(told):
    told.tell(fresh(STARTED), e.RunPaused(reason="until the quota is back"))
    told.do("mark_lost", RUN, "pid 4312 is gone")
    assert (told.run()["status"], told.run()["evidence"]) == ("paused", "until the quota is back")
    told.tell(e.CostPriced(cost=1, nanousd=1, prices="p"))  # the agent's last word may come a little later
    assert told.run()["evidence"] == "until the quota is back"
    told.tell(e.RunResumed())
    assert (told.run()["status"], told.run()["evidence"]) == ("running", "")
    told.tell(e.RunPaused())
    assert (told.run()["status"], told.run()["evidence"]) == ("paused", "")


def test_damage_is_kept_and_makes_a_row_for_a_run_known_by_nothing_else(told):
    told.do("damage", Damage(where="a.jsonl", what="torn", run=RUN, offset=5, length=3, raw="{x"))
    told.do("damage", Damage(where="folder", what="unreadable"))
    run = told.run()
    assert (run["workflow"], run["damaged"], run["started"][:10]) == ("?", 1, "2026-09-21")
    told.tell(e.Logged(level="INFO", message="m"), e.RunFinished(status="completed"))
    assert (told.run()["status"], told.run()["damaged"]) == ("completed", 1)
    row = told.one(tables.damage, run=RUN)
    assert (row["place"], row["offset"], row["length"], row["raw"]) == ("a.jsonl", 5, 3, "{x")
    assert sum(row["runs"] for row in told.rows(tables.counters)) == 1


def test_the_size_of_a_run_is_counted(told):
    told.tell(fresh(STARTED))
    told.do("resize", RUN, 5000)
    assert (told.run()["size_bytes"], told.one(tables.counters)["size_bytes"]) == (5000, 5000)


def test_a_size_that_the_reader_knows_counts_instead_of_the_lines(told):
    with told.database.write() as connection:
        events = [Recorded(fresh(STARTED, seq=1), 10)]
        told.projector.project_all(connection, [Batch(RUN, events, size_bytes=70)])
    assert (told.run()["size_bytes"], told.one(tables.counters)["size_bytes"]) == (70, 70)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_table_can_be_written_in_every_dialect(dialect):
    for table in tables.derived.sorted_tables:
        for form in (writes._upsert, writes._append, writes._missing):
            taken = form(table, dialect, writes.columns_of(table)).count("?" if dialect == "sqlite" else "%s")
            assert taken == len(writes.columns_of(table)) > 0
            keys = tuple(name for name in writes.columns_of(table) if table.c[name].primary_key)
            assert form(table, dialect, keys).count("?" if dialect == "sqlite" else "%s") == len(keys)


def test_a_source_is_named_and_a_size_that_nobody_told_is_unknown(told):
    with told.database.write() as connection:
        told.projector.project(
            connection,
            RUN,
            [Recorded(e.RunStarted(run=RUN, workflow="w", seq=1), 0)],
            source="langgraph",
            source_id="t-1",
        )
    run = told.run()
    assert (run["source"], run["source_id"], run["size_bytes"]) == ("langgraph", "t-1", None)
    assert "t-1" in told.one(tables.run_bodies)["words"]


def test_values_that_sql_cannot_keep_are_kept_as_text_or_named(told):
    told.tell(fresh(STARTED, name="a\ud800b", objective="nul\0nul", version=2**70, meta={"\ud800": ["\udfff"]}))
    told.tell(
        e.CostRecorded(model="m\udcff", input_tokens=2**70, nanousd=2**64),
        e.ItemChanged(row_number=2**70, status="failed"),
        e.ItemChanged(row_number=2**70, status="completed"),
        e.MetricReported(name="m", value=float("nan")),
        e.CheckpointSaved(checkpoint="1", values={"\ud800": "\ud800"}),
        e.StepStarted(step="\ud800", name="\ud800"),
    )
    told.tell(
        e.StepFinished(step="\ud800", status="completed"),
        e.CheckpointSaved(checkpoint="2", parent="1", values={"\ud800": "\ud800"}),
    )
    run = told.run()
    assert (run["name"], run["objective"], run["version"]) == ("a\\ud800b", "nul\0nul", 2**63 - 1)
    assert (run["input_tokens"], run["items"], run["items_failed"], run["steps_done"]) == (0, 1, 0, 1)
    # A price that cannot be meant is no price: it counts as unknown, not as nothing.
    assert (run["calls_recorded"], run["calls_unknown"], run["recorded_nanousd"]) == (0, 1, 0)
    assert run["damaged"] == 3
    assert {row["what"].split(" is ")[0] for row in told.rows(tables.damage)} == {"input_tokens", "nanousd", "metric m"}
    assert told.one(tables.checkpoints, id="2")["changed"] == "[]"
    assert told.one(tables.run_bodies)["meta"] == '{"\\\\ud800":["\\\\udfff"]}'


def test_each_transaction_has_one_revision_of_its_own(told):
    other = new_ulid()
    told.tell(fresh(STARTED))
    first = told.run()["revision"]
    with told.database.write() as connection:
        for event in (e.Logged(seq=2, level="INFO", message="m"), e.RunPaused(seq=3)):
            told.projector.project(connection, RUN, [Recorded(event, 1)])
        told.projector.project_all(
            connection, [Batch(other, [Recorded(e.RunStarted(run=other, workflow="w", seq=1), 1)])]
        )
    assert {told.run()["revision"], told.run(other)["revision"]} == {first + 1}
    with told.database.write() as connection:
        told.projector.forget(connection, RUN)
        connection.rollback()
    told.seq[other] = 1
    told.tell(e.Logged(level="INFO", message="m"), run=other)
    assert told.run(other)["revision"] == first + 2
    assert told.run()["revision"] == first + 1
    assert told.one(tables.state, key="revision")["value"] == str(first + 2)


def test_events_that_are_known_change_nothing(told):
    told.tell(fresh(STARTED))
    before = told.run()
    told.seq.clear()
    told.tell(fresh(STARTED, name="another"))
    assert told.run() == before


def test_a_second_start_is_named_and_ignored(told):
    told.tell(fresh(STARTED), fresh(STARTED, workflow="other"))
    assert (told.run()["workflow"], told.run()["damaged"]) == ("triage", 1)


def test_many_runs_cost_few_statements(told):
    def batches(count):
        for _ in range(count):
            run = new_ulid()
            events = [
                fresh(STARTED, run=run, seq=1),
                e.StepStarted(step="s", name="s", seq=2),
                e.RunFinished(status="completed", seq=3),
            ]
            yield Batch(run, [Recorded(event, 1) for event in events])

    def statements(count) -> int:
        seen = []
        with told.database.write() as connection:
            sql_events.listen(connection, "before_cursor_execute", lambda *args: seen.append(args[2]))
            told.projector.project_all(connection, list(batches(count)))
        return len(seen)

    assert statements(1) == statements(100) <= 13


def test_of_many_rows_only_what_they_say_is_bound(told):
    def bound(count) -> int:
        """Values of a row of `runs`."""
        seen = []
        batches = []
        for number in range(count):
            run = new_ulid()
            started = e.RunStarted(run=run, workflow="w", seq=1, t=f"2026-11-20T10:00:{number:02}.000000Z")
            batches.append(Batch(run, [Recorded(started, 1)]))
        with told.database.write() as connection:
            sql_events.listen(connection, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
            told.projector.project_all(connection, batches)
        rows = next(rows for sql, rows in seen if sql.startswith("INSERT INTO runs "))
        return len(rows[0] if count > 1 else rows)

    assert bound(2) == len(writes.columns_of(tables.runs)) > 3 * bound(60)


def test_a_long_log_comes_to_what_its_entries_come_to_one_by_one(monkeypatch):
    calls = []
    rule = RULES[e.Logged]
    monkeypatch.setitem(RULES, e.Logged, lambda state, event: calls.append(event) or rule(state, event))

    def derived(portion: int, gap: int = 0) -> list:
        told, levels = Told(), ("INFO", "DEBUG", "INFO", "ERROR", "WARNING", "INFO", "INFO")
        events = [fresh(STARTED), e.StepStarted(step="s", name="s"), e.StepStarted(step="o", name="o")]
        for n in range(3000):
            events.append(e.Logged(level=levels[n % 7], message="m", step=("s", None, "o", "nowhere")[n % 4]))
        events += [e.StepFinished(step="s", status="completed"), e.RunFinished(status="completed")]
        events += [e.Logged(level="ERROR", message="awake again") for _ in range(1200)]
        for seq, event in enumerate(events, 1):
            event.seq, event.t = seq + gap * (seq > 1700), "" if seq % 900 == 0 else f"2026-11-20T10:00:00.{seq:06}Z"
        events[900:900] = events[800:1500]  # some of them a second time
        with told.database.write() as connection:
            for begin in range(0, len(events), portion):
                recorded = [Recorded(event, 10) for event in events[begin : begin + portion]]
                told.projector.project(connection, RUN, recorded)
        found = [told.rows(table) for table in (tables.runs, tables.steps, tables.counters, tables.outcomes)]
        del found[0][0]["revision"]
        told.database.close()
        return found

    for gap in (0, 5):
        calls.clear()
        once = derived(10_000, gap)
        assert len(calls) < 2500
        assert once == derived(100, gap) == derived(777, gap)
    assert once[0][0]["logs"] == 4200
    assert [step["logs"] for step in once[1]] == [750, 750]
