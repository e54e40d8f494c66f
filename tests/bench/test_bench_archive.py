"""What an archive saves, how long it takes to write, and how far a page of it is away."""

import gzip
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import flightlog
import pytest
from flightlog.backends.archive.archived_bodies import ArchivedBodies
from flightlog.backends.archive.flz import Facts
from flightlog.backends.archive.flz_reader import Flz
from flightlog.backends.archive.flz_writer import write_flz
from flightlog.backends.journal.disk import make_folder
from flightlog.backends.journal.layout import Layout
from flightlog.backends.sql.bodies import Excerpt
from flightlog.core import clock, events, ids
from measure import p, say, seconds

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

EVENTS = 200_000
SAID = (
    "calling {tool} with {n} results left, query {word} {word} since {n} days",
    "{tool} answered {n} rows in {n} ms: {word}, {word} and {word}",
    "GET https://mail.example.com/api/v1/threads/{n}/messages?limit=50 -> 200 in {n} ms",
    "labelled thread {n} as {word} because its sender wrote about {word} and {word} before",
    "retry {n} of {tool} after RateLimitError: slow down, wait {n} s",
    "the summary of document {n} has {n} words; kept {word}, dropped {word}",
)
TOOLS = ("search_mail", "fetch_thread", "label", "summarise", "write_draft")
WORDS = (
    *("invoice", "meeting", "travel", "contract", "refund", "holiday", "update", "offer", "reminder", "deadline"),
    *("report", "question", "order", "delivery", "complaint", "thanks", "request", "approval", "budget", "schedule"),
)


def journal(run: str) -> Iterator[bytes]:
    """A long run of an agent that works through mails: steps, tool calls with their logs, model calls with costs."""
    rng, base = random.Random(4), int(ids.time_of(run) * 1000) * 1_000_000
    step = ids.new_ulid()

    def text() -> str:
        said = rng.choice(SAID)
        while "{" in said:
            said = said.replace("{tool}", rng.choice(TOOLS), 1).replace("{n}", str(rng.randrange(5000)), 1)
            said = said.replace("{word}", rng.choice(WORDS), 1)
        return said

    def entry() -> Any:
        request = f"req-{rng.randrange(10**9)}"
        return events.Logged(level=rng.choice(events.LEVELS), message=text(), step=step, request_id=request)

    def call() -> Any:
        details = {"tool": rng.choice(TOOLS), "ms": rng.randrange(900), "status": 200}
        return events.Logged(level="INFO", message=text(), step=step, kind="api_call", details=details)

    def cost() -> Any:
        tokens = {"input_tokens": rng.randrange(4000), "output_tokens": rng.randrange(500)}
        return events.CostRecorded(model="gpt-4o-mini", step=step, nanousd=rng.randrange(10**7), **tokens)

    yield events.encode(_at(events.RunStarted(run=run, workflow="triage"), 1, base)) + b"\n"
    for seq in range(2, EVENTS):
        if seq % 40 == 0:
            step = ids.new_ulid()
        yield events.encode(_at(rng.choice((entry, call, cost))(), seq, base)) + b"\n"
    yield events.encode(_at(events.RunFinished(status="completed"), EVENTS, base)) + b"\n"


def _at(event: Any, seq: int, base: int) -> Any:
    event.seq, event.t = seq, clock.from_ns(base + seq * 7_919_000)
    return event


def blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def test_an_archive_against_gzip(tmp_path: Path) -> None:
    run = ids.new_ulid(1_795_000_000_000)
    plain = tmp_path / "journal"
    with plain.open("wb") as file:
        file.writelines(journal(run))
    size = plain.stat().st_size

    def ours() -> int:
        (tmp_path / "a.flz").unlink(missing_ok=True)
        return write_flz(tmp_path / "a.flz", Facts(run=run), {"journal": lambda: blocks(plain)}).size

    def theirs() -> int:
        with gzip.open(tmp_path / "a.gz", "wb", compresslevel=6) as file:
            for block in blocks(plain):
                file.write(block)
        return (tmp_path / "a.gz").stat().st_size

    took: dict[str, list[float]] = {"ours": [], "theirs": []}
    sizes = {}
    for _ in range(3):
        for name, write in (("ours", ours), ("theirs", theirs)):
            began = time.perf_counter()
            sizes[name] = write()
            took[name].append(time.perf_counter() - began)
    ours_s, theirs_s = median(took["ours"]), median(took["theirs"])
    mb = size / 1e6
    say(
        18,
        "archive of a journal: bytes, against the journal",
        sizes["ours"] / size,
        0.2,
        f"gzip -6: {sizes['theirs'] / size:.2g}",
    )
    say(18, "archive of a journal: time, against gzip -6", ours_s / theirs_s, 0.2, f"{mb / ours_s:.0f} MB/s")
    with Flz.open(tmp_path / "a.flz", run) as flz:
        took_s = seconds(flz.verify)
        pages = []
        for at in random.Random(3).sample(range(size - 20_000), 300):
            pages.append(seconds(lambda at=at: flz.read("journal", at, 16_384)) * 1e3)
    say(
        18,
        "any 16 kB of an archive, p95",
        p(pages, 95),
        2,
        f"median {median(pages):.2g} ms; verified at {mb / took_s:.0f} MB/s",
        "ms",
    )


def test_a_deep_page_of_an_archived_log(tmp_path: Path) -> None:
    layout, run = Layout(tmp_path), ids.new_ulid(1_795_000_000_000)
    make_folder(layout.archived(run).parent)
    written = b"".join(journal(run))
    write_flz(layout.archived(run), Facts(run=run), {"journal": lambda: iter([written])})
    took, before = [], EVENTS
    with flightlog.open(tmp_path, storage="file") as store:
        assert store.runs.get(run).archived
        for _ in range(1000):
            began = time.perf_counter()
            entries = store.logs.query(run, limit=100, before=before)
            took.append((time.perf_counter() - began) * 1e3)
            before = entries[0].seq
    page = Excerpt(before=before, newest=True, limit=100)
    cold = seconds(lambda: ArchivedBodies(layout.archived).lines(run, page)) * 1e3
    say(18, "a log page of an archived run, p99 of 1,000", p(took, 99), 10, f"median {median(took):.2g} ms", "ms")
    say(18, "the 1,000th log page, of an archive opened for it", cold, 10, "", "ms")
