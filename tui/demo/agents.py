"""The scripted agents: each is a function that records one run through the public recorder.

Nothing here is special to Flightlog's own screens: an agent of yours would call the same methods.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from ...core.recording.step_recorder import Recorder, StepRecorder
from ...core.store import Store
from . import texts
from .pace import Pace

SESSIONS = ("ana", "ben", "nightly")


class RateLimitError(Exception):
    """What a model's provider answers when asked too often."""


class FetchError(Exception):
    """A page that could not be had."""


def call(step: StepRecorder, pace: Pace, model: str, provider: str, *, size: float = 1.0) -> None:
    """One call of a model: a pause, a log entry, and what it cost."""
    rng = pace.rng
    asked, answered = int(rng.gauss(900, 250) * size), int(rng.gauss(160, 60) * size)
    asked, answered = max(asked, 40), max(answered, 8)
    step.debug(f"calling {model} ({asked:,} tokens)", request_id=f"req_{rng.getrandbits(40):010x}")
    pace.pause(0.4, 2.2)
    cached = int(asked * rng.choice((0, 0, 0.4, 0.8)))
    step.cost(model=model, provider=provider, input_tokens=asked, output_tokens=answered, cache_read_tokens=cached)
    step.info(rng.choice(texts.THOUGHTS))


def save_triage(store: Store, last: int) -> None:
    """Saves the versions of triage up to one of them, as people would: with who, why, and what it came from."""
    for text, (author, note, parents) in zip(texts.TRIAGE_VERSIONS[: last + 1], texts.TRIAGE_NOTES, strict=False):
        store.workflows.store("triage", text, parents=parents, author=author, note=note, only_new=True)


def triage(store: Store, pace: Pace, number: int) -> None:
    """Plan, act, review; its workflow gets a new version now and then, and the numbers show it."""
    rng = pace.rng
    version = min(number // 5, len(texts.TRIAGE_VERSIONS) - 1)
    model, provider = ("gpt-4o", "openai") if version == 1 else ("gpt-4o-mini", "openai")
    ask = partial(call, pace=pace, model=model, provider=provider)
    mails = rng.sample(texts.MAILS, 4)
    save_triage(store, version)
    with store.run(
        "triage",
        definition=texts.TRIAGE_VERSIONS[version],
        objective=f"sort the inbox: {mails[0]}",
        session=rng.choice(SESSIONS),
        project="office",
        tags=["mail"],
    ) as run:
        run.snapshot("input", {"mails": mails, "limit": 4})
        run.graph(
            {"plan": [], "search": ["plan"], "rank": ["search"], "draft-reply": ["rank"], "review": ["draft-reply"]}
        )
        conversation = [{"role": "user", "content": mail} for mail in mails]
        with run.step("plan", agent="planner", kind="llm") as step:
            ask(step)
            run.snapshot(
                "plan", {"steps": ["search", "rank", "draft-reply", "review"], "why": rng.choice(texts.THOUGHTS)}
            )
            run.checkpoint({"messages": conversation, "plan": ["search", "rank"], "drafts": []}, label="planned")
        with run.step("search", agent="worker", kind="tool", input={"query": mails[0], "top": 8}) as step:
            pace.pause(0.3, 1.2)
            hits = rng.randint(2, 8)
            step.info(f"{hits} candidates", candidates=hits)
            step.output = {"hits": hits}
        with run.step("rank", agent="worker", kind="llm") as step:
            ask(step, model=model if version < 2 else "gpt-4o", size=1.6 if version else 1.0)
            conversation.append({"role": "assistant", "content": rng.choice(texts.THOUGHTS)})
            run.checkpoint({"messages": conversation, "plan": ["draft-reply"], "drafts": []}, label="ranked")
        with run.step("draft-reply", agent="writer", kind="llm") as step:
            drafts = []
            for mail in mails[:3]:
                ask(step, size=0.8)
                drafts.append(reply_to(run, pace, mail))
            run.checkpoint({"messages": conversation, "plan": [], "drafts": drafts}, label="drafted")
        with run.step("review", agent="reviewer", kind="llm") as step:
            ask(step)
            score = rng.gauss(0.72 + 0.08 * version, 0.1)
            judge(run, step, score, len(drafts))
        run.snapshot("result", {"sent": len(drafts), "score": round(score, 3)})


def reply_to(run: Recorder, pace: Pace, mail: str) -> dict[str, str]:
    """A draft of an answer, which the reviewer gets to see."""
    draft = {"to": mail, "text": " ".join(pace.rng.sample(texts.SENTENCES, 3))}
    run.message("writer", "reviewer", draft["text"], role="assistant")
    return draft


def judge(run: Recorder, step: StepRecorder, score: float, drafts: int) -> None:
    """What the reviewer says of the drafts; ValueError, with which the run fails, where they are too poor."""
    run.metric("score", round(min(score, 1.0), 3))
    run.message("reviewer", "writer", f"I read all {drafts} drafts.\nThey come to {score:.2f}.", role="user")
    run.message("writer", "reviewer", {"text": "Noted.", "changed": [], "drafts": drafts})
    if score < 0.58:
        step.warning(f"score {score:.2f} is below 0.58")
        raise ValueError(f"reviewer rejected the draft: score {score:.2f} is below 0.58")


def research(store: Store, pace: Pace, number: int) -> None:
    """Several tools at once, in threads, under one step; large states."""
    rng = pace.rng
    topic = rng.choice(texts.TOPICS)
    with store.run("research", version=None, objective=topic, session=rng.choice(SESSIONS), project="reports") as run:
        notes: dict[str, list[str]] = {}
        run.graph({"gather": [], "write": ["gather"]})
        with run.step("gather", agent="lead", kind="chain") as gather:

            def look(source: str, seed: int) -> None:
                own = pace.twin(seed)
                with gather.step(f"search {source}", agent=f"{source}-scout", kind="tool", input={"q": topic}) as step:
                    own.pause(0.5, 4.0)
                    found = [own.rng.choice(texts.FINDINGS) for _ in range(own.rng.randint(2, 5))]
                    step.info(f"{source}: {len(found)} results", results=len(found))
                    if own.rng.random() < 0.15:
                        step.warning(f"{source} answered slowly", latency_s=round(own.rng.uniform(4, 9), 1))
                    step.output = found
                    notes[source] = found

            pace.together([partial(look, source, rng.getrandbits(32)) for source in texts.SOURCES])
        pages = [
            f"{source} page {n}: " + " ".join(rng.choices(texts.SENTENCES, k=40)) for source in notes for n in range(12)
        ]
        run.checkpoint({"topic": topic, "notes": notes, "pages": pages}, label="gathered")
        with run.step("write", agent="writer", kind="llm") as step:
            model, provider = texts.MODELS[2]
            for section in ("summary", "evidence", "open questions"):
                call(step, pace, model, provider, size=3.0)
                step.debug(f"section {section!r} written")
                run.message("writer", "lead", f"{section}: " + " ".join(rng.sample(texts.SENTENCES, 2)))
        report = "\n\n".join(" ".join(rng.choices(texts.SENTENCES, k=30)) for _ in range(20))
        run.checkpoint({"topic": topic, "notes": notes, "pages": pages, "report": report}, label="written")
        if number % 4 == 1:
            # A state as frameworks really keep them: every page that was read, five megabytes of it.
            run.checkpoint(
                {"topic": topic, "report": report, "cache": [page * 40 for page in pages]}, label="with page cache"
            )
        run.snapshot("result", {"characters": len(report), "sources": len(notes)})


def report(store: Store, pace: Pace, number: int) -> None:
    """Asks too often, waits, tries again; sometimes in vain."""
    rng = pace.rng
    with store.run(
        "report", version=None, objective=f"weekly report {number}", session="nightly", tags=["nightly"]
    ) as run:
        for attempt in range(1, 5):
            try:
                with run.step("fetch", agent="fetcher", kind="tool", attempt=attempt, input={"week": number}) as step:
                    pace.pause(0.3, 1.0)
                    if rng.random() < 0.5:
                        step.warning("429 Too Many Requests", request_id=f"req_{rng.getrandbits(40):010x}")
                        raise RateLimitError(f"slow down: retry after {2**attempt} s")
                    step.output = {"rows": rng.randint(50, 900)}
                break
            except RateLimitError:
                if attempt == 4:
                    raise
                run.info(f"waiting {2**attempt} s before attempt {attempt + 1}", kind="retry")
                pace.pause(0.5 * attempt, 1.0 * attempt)
        with run.step("summarise", agent="writer", kind="llm") as step:
            model, provider = rng.choice(texts.MODELS)
            call(step, pace, model, provider, size=2.0)
            if rng.random() < 0.3:
                # A model of our own: no price table knows it, so its cost stays unknown.
                step.cost(model="house-7b", provider="local", input_tokens=rng.randint(300, 900), output_tokens=120)
        run.checkpoint({"week": number, "text": " ".join(rng.choices(texts.SENTENCES, k=12))})


def labels(store: Store, pace: Pace, number: int) -> None:
    """A batch of rows, some of which fail and are tried again."""
    rng = pace.rng
    rows = 24
    with store.run(
        "label-tickets", version=None, objective=f"label {rows} tickets", session="nightly", project="support"
    ) as run:
        for row in range(1, rows + 1):
            run.item(row, "pending")
        with run.step("label", agent="labeller", kind="llm") as step:
            for row in range(1, rows + 1):
                run.item(row, "processing", input={"ticket": rng.choice(texts.TICKETS)})
                pace.pause(0.1, 0.5)
                if rng.random() < 0.12:
                    run.item(row, "failed", error=FetchError("the ticket's attachment is gone"))
                    step.error(f"row {row}: the ticket's attachment is gone", kind="row_event")
                else:
                    run.item(row, "completed", output={"label": rng.choice(("bug", "question", "feature"))})
                if row % 8 == 0:
                    step.cost(model="claude-haiku-4-5", provider="anthropic", input_tokens=2_400, output_tokens=160)
                    run.checkpoint({"done": row, "labels": [rng.choice("bqf") for _ in range(row)]})


def deploy(store: Store, pace: Pace, number: int) -> None:
    """Asks a person before it acts; nobody answers in time, it does nothing."""
    rng = pace.rng
    service = rng.choice(texts.SERVICES)
    with store.run("deploy", version=None, objective=f"ship {service}", session="ben", project="infra") as run:
        with run.step("build", agent="builder", kind="tool") as step:
            pace.pause(0.8, 2.5)
            size = rng.randint(20, 90)
            step.info(f"image {service}:{number} built, {size} MB")
            log = pace.scratch / f"{service}-{number}.log"
            log.write_text("".join(f"step {n}: {rng.choice(texts.SENTENCES)}\n" for n in range(1, 40)))
            run.artifact(log, media_type="text/plain")
        with run.step("test", agent="builder", kind="tool") as step:
            pace.pause(0.8, 2.5)
            step.info(f"{rng.randint(120, 480)} tests passed")
        approved = run.approve(
            f"Ship {service}:{number} to prod?", timeout=pace.patience(40), service=service, image_mb=size
        )
        if not approved:
            run.warning("not approved, nothing was shipped")
            run.finish("cancelled")
            return
        with run.step("roll out", agent="deployer", kind="tool") as step:
            for share in (10, 50, 100):
                pace.pause(0.5, 1.5)
                step.info(f"{share} % of traffic", share=share)


def crash(store: Store, pace: Pace, number: int) -> None:
    """Is killed in the middle of its work: the run says running, but nobody writes it any more."""
    rng = pace.rng
    with store.run("index-docs", version=None, objective="index the wiki", session="ana", project="search") as run:
        with run.step("crawl", agent="crawler", kind="tool") as step:
            for page in range(1, rng.randint(4, 9)):
                pace.pause(0.3, 0.9)
                step.debug(f"page {page} of 412 read")
            if number % 3 != 2:
                pace.die()
        with run.step("embed", agent="embedder", kind="llm") as step:
            call(step, pace, "gpt-4o-mini", "openai", size=4)


KINDS: dict[str, Callable[[Store, Pace, int], None]] = {
    "triage": triage,
    "research": research,
    "report": report,
    "labels": labels,
    "deploy": deploy,
    "crash": crash,
}


def perform(kind: str, store: Store, pace: Pace, number: int) -> None:
    """One run of a kind. The failures that scripts play are recorded in the run and end here."""
    with suppress(RateLimitError, FetchError, ValueError):
        KINDS[kind](store, pace, number)
