"""Runs recorded with the public recorder, for tests of the run screen: one of everything there is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flightlog.core.recording.recorder import RunRecorder
from flightlog.core.store import Store

NASTY = "\x1b]0;owned\x07[/INST] arr[0] [@click=app.quit]x[/] \u202eevil\u202c \u200b\ttab\nline"
"""What an agent may write, and what no screen may obey."""


class Broken(Exception):
    """Ends a recorded run as failed."""


def record_everything(store: Store, word: str = "", **facts: object) -> str:
    """A finished run with every kind of fact; `word` is put into every text. Returns its id."""
    parent = store.run("batch", name="parent" + word)
    origin = parent.checkpoint({"seed": 1}, label="origin" + word)
    given = {"name": "inbox" + word, "objective": "sort the inbox" + word, "session": "ana", "tags": ["nightly" + word]}
    run = store.run("triage", version=4, parent=parent, from_checkpoint=origin, attempt=2, **{**given, **facts})
    run.graph({"plan": [], "search": ["plan"], "send" + word: ["search"]})
    try:
        with run:
            run.snapshot("input", {"mails" + word: 14, "body": ("a long text " * 40) + word})
            run.snapshot("plan", [{"step": "plan" + word}, {"step": "search"}])
            _steps(run, word)
            _parts(run, word)
            run.snapshot("result", "done" + word)
            run.meta(**{"branch": "main" + word})
            raise Broken("it went wrong" + word + "\nsecond line")
    except Broken:
        pass
    parent.finish()
    store.run("child", parent=run, name="child" + word).finish()
    return run.id


def _steps(run: RunRecorder, word: str) -> None:
    with run.step("plan", agent="planner" + word, kind="agent", input={"question": "what?" + word}) as step:
        step.log("3 candidates" + word, candidates=3, note="n" + word)
        step.cost("gpt-4o", "openai", input_tokens=812, output_tokens=77, cache_read_tokens=500, dollars="0.0041")
        step.cost("in-house" + word, input_tokens=10, output_tokens=2)
        first = step.checkpoint({"messages": ["hello" + word], "plan": {"a": 1}}, label="planned" + word)
        step.finish(output=["search" + word, "rank"])
    with run.step("search") as step:
        for attempt in (1, 2):
            try:
                with step.step("fetch" + word, kind="tool") as fetch:
                    fetch.warning("slow" + word)
                    if attempt == 1:
                        fetch.error("429" + word, status=429)
                        raise OSError("rate limit" + word)
            except OSError:
                pass
        second = step.checkpoint({"messages": ["hello" + word, "more"], "plan": {"a": 1}, "n" + word: 2})
        step.checkpoint({"messages": ["other" + word], "docs": [{"n": n} for n in range(300)]}, parent=first)
        step.checkpoint(
            {"messages": ["hello" + word, "more", "end"], "big": "long " * 2000},
            parent=second,
            opaque={"blob": b"never loaded"},
        )


def _parts(run: RunRecorder, word: str) -> None:
    run.message("planner" + word, "searcher" + word, "Look for eggs" + word + "\nand be quick", role="assistant" + word)
    run.message("searcher", "planner", {"tool": "search" + word, "args": {"q": "eggs" + word}})
    run.item(1, "completed", input={"mail": "a" + word}, output="sent" + word)
    run.item(2, "failed", error=ValueError("no address" + word))
    run.artifact("/nowhere/report" + word.replace("\0", ""), name="report" + word, media_type="text/x" + word)
    run.metric("score" + word, 0.93)


@contextmanager
def waiting_run(store: Store, question: str = "Send 14 mails?") -> Iterator[str]:
    """A run that waits for an approval, in a thread, until the block is left; then it has been answered or given up."""
    import threading

    run = store.run("triage", objective="ask somebody")
    asking = threading.Thread(target=lambda: run.approve(question, timeout=100, cost="$0.10"), daemon=True)
    asking.start()
    try:
        until(lambda: store.runs.get(run.id).approvals_pending == 1)
        yield run.id
    finally:
        for one in store.runs.approvals(run.id):
            if one.status == "pending" and not one.answered:
                store.runs.decide(run.id, one.id, "rejected")
        asking.join(30)
        run.finish()


def until(true: object, seconds: float = 30.0) -> None:
    """Waits for something; AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
