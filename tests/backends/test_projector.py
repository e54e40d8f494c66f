"""What each event does to the query tables, and what others add."""

import pytest
from flightlog.backends.sql import tables
from flightlog.backends.sql.annotating import RULES as ANNOTATION_RULES
from flightlog.backends.sql.projector import Batch, Recorded
from flightlog.backends.sql.projector_rules import PENDING, RULES
from flightlog.core import annotations as a
from flightlog.core import events as e
from flightlog.core.events import TYPES
from flightlog.core.ids import new_ulid
from flightlog.core.runs import Damage
from projecting import RUN, STARTED, fresh


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
