"""Stores of any size for benchmarks, made quickly: journals as the recorder would have written them."""

from pathlib import Path
from random import Random

from flightlog.core import clock, events, ids

WORKFLOWS = ("triage", "research", "report", "label-tickets", "deploy", "index-docs")
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-haiku-4-5")
NEWEST_MS = 1_795_000_000_000
STEP_MS = 20_000


def run_id(number: int, rng: Random) -> str:
    """The id of run `number`, 0 the newest; three a minute into the past."""
    with ids.drawn_from(lambda n: rng.randbytes(n)):
        return ids.new_ulid(NEWEST_MS - number * STEP_MS)


def lines_of(id: str, number: int, rng: Random) -> list[bytes]:
    """A finished run: two steps, three log entries, two costs, one metric."""
    seq = 0
    base = int(ids.time_of(id) * 1000) * 1_000_000
    lines: list[bytes] = []

    def add(event: events.Event) -> None:
        nonlocal seq
        seq += 1
        event.seq, event.t = seq, clock.from_ns(base + seq * 50_000_000)
        lines.append(events.encode(event))

    add(
        events.RunStarted(
            run=id,
            workflow=WORKFLOWS[number % len(WORKFLOWS)],
            version=1 + number % 4,
            objective=f"objective number {number}",
            session=f"session-{number % 40}",
        )
    )
    for step in ("plan", "act"):
        add(events.StepStarted(step=step, name=step, agent="worker"))
        add(events.Logged(level="INFO", message=f"{step}: thinking about case {number}", step=step))
        tokens = rng.randint(100, 4000)
        add(
            events.CostRecorded(
                model=MODELS[number % 3],
                step=step,
                input_tokens=tokens,
                output_tokens=tokens // 8,
                nanousd=tokens * 300,
            )
        )
        add(events.StepFinished(step=step, status="completed"))
    add(events.Logged(level="WARNING" if number % 9 == 0 else "INFO", message="done"))
    add(events.MetricReported(name="score", value=rng.random()))
    add(events.RunFinished(status="failed" if number % 11 == 0 else "completed"))
    return lines


def write_journals(root: Path, runs: int, seed: int = 1) -> list[str]:
    """Writes `runs` finished runs under `root/runs` and returns their ids, newest first."""
    rng = Random(seed)
    made = []
    for number in range(runs):
        id = run_id(number, rng)
        folder = root / "runs" / ids.day_of(id)
        if number % 1000 == 0 or not folder.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / f"{id}.jsonl").write_bytes(b"\n".join(lines_of(id, number, rng)) + b"\n")
        made.append(id)
    return made
