"""Writers that are killed: what was acknowledged is there, once and in order, and nothing is glued."""

import random
import signal
import subprocess
import time

import pytest
from flightlog.backends.journal import lock
from flightlog.backends.journal.process import is_alive
from flightlog.backends.journal.reader import Broken, Whole, decode_line, read_lines, torn_tail
from flightlog.backends.journal.recording import JournalRecording, last_writer
from flightlog.core.errors import Conflict
from flightlog.core.events import Logged, RunFinished, decode

WRITING = """
count, size = int(sys.argv[2]), int(sys.argv[3])
with store.run("w") as run:
    say(run.id)
    for n in range(count):
        run.log("x" * (n * 37 % size), n=n)
        say(n)
"""
GATED = WRITING.replace("    say(run.id)\n", "    say(run.id)\n    sys.stdin.readline()\n")
"""The same, from when it is told to go on."""


def parts(path):
    return [part for _, line in read_lines(path) for part in decode_line(line)]


def numbers(path) -> list[int]:
    """The numbers that a program of the above logged, in the order of its journal."""
    events = [decode(line) for _, line in read_lines(path)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return [event.details["n"] for event in events if isinstance(event, Logged)]


def acknowledged(output: str) -> tuple[str, int]:
    """The run and how many entries were acknowledged, by what a program said before it died."""
    run, *said = output.split()
    assert said == [str(n) for n in range(len(said))]
    return run, len(said)


def rest_of(process) -> str:
    """What a program still had to say; `communicate` would lose what a `readline` before it has buffered."""
    output = process.stdout.read()
    process.wait(timeout=240)
    return output


def outcome(layout, process) -> tuple[str, int, list[int]]:
    output, errors = process.communicate(timeout=120)
    assert process.returncode in (0, -signal.SIGKILL), errors
    run, count = acknowledged(output)
    return run, count, numbers(layout.journal(run))


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_fifty_processes_of_a_thousand_events(layout, program):
    processes = [program(WRITING, 1000, 300) for _ in range(50)]
    for process in processes:
        run, count, written = outcome(layout, process)
        assert (count, written) == (1000, list(range(1000)))
        assert isinstance(parts(layout.journal(run))[-1].event, RunFinished)


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_fifty_processes_of_which_twenty_are_killed(layout, program):
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    choose = random.Random(seed)
    doomed = set(choose.sample(range(50), 20))
    victims, processes = [], []
    for number in range(50):
        if number in doomed:
            # Each is killed in the middle, however long the others take to begin.
            victims.append(program(GATED, 100_000, 20_000, stdin=subprocess.PIPE))
        processes.append(victims[-1] if number in doomed else program(WRITING, 1000, 20_000))
    for process in processes:
        process.head = process.stdout.readline()
        if process in victims:
            process.stdin.write("\n")
            process.stdin.flush()
            time.sleep(choose.random() * 0.02)
            process.kill()
    cut = 0
    recording = JournalRecording(layout)
    for process in processes:
        run, count = acknowledged(process.head + rest_of(process))
        path = layout.journal(run)
        written = numbers(path)
        # An event may have been written and its writer killed before it could say so.
        assert written == list(range(len(written)))
        assert count <= len(written) <= count + 1
        assert not lock.is_held(path)
        if not isinstance(parts(path)[-1].event, RunFinished):
            assert process in victims
            cut += 1
            writer = recording.resume(run)
            writer.append(RunFinished(status="failed"))
            writer.close()
            assert not [part for part in parts(path) if isinstance(part, Broken)]
            assert numbers_but_recovery(path) == written
        else:
            assert (count, len(written)) == (1000, 1000), process.stderr.read()
    assert cut == len(victims) == 20


def numbers_but_recovery(path) -> list[int]:
    logged = [part.event for part in parts(path) if isinstance(part, Whole) and isinstance(part.event, Logged)]
    return [event.details["n"] for event in logged if event.kind != "recovery"]


def test_a_killed_writer_leaves_whole_lines_and_a_free_lock(layout, program):
    for round_ in range(4):
        process = program(WRITING, 100_000, 30_000)
        run = process.stdout.readline().strip()
        time.sleep(0.02 * (round_ + 1))
        assert lock.is_held(layout.journal(run))
        assert is_alive(last_writer(layout.journal(run)))
        process.kill()
        said = rest_of(process).split()
        path = layout.journal(run)
        assert not lock.is_held(path)
        assert is_alive(last_writer(path)) is False
        written = numbers(path)
        assert len(said) <= len(written) <= len(said) + 1
        tail = torn_tail(path)
        writer = JournalRecording(layout).resume(run)
        writer.close()
        assert numbers_but_recovery(path) == written
        assert layout.torn(run).exists() == bool(tail)


def test_a_stopped_writer_keeps_its_run(layout, program):
    process = program(WRITING, 100_000, 300)
    run = process.stdout.readline().strip()
    process.send_signal(signal.SIGSTOP)
    try:
        for _ in range(5):
            with pytest.raises(Conflict, match=f"by process {process.pid} on "):
                JournalRecording(layout).resume(run)
            assert lock.is_held(layout.journal(run))
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGCONT)
    said = process.stdout.readline()
    assert said


STATES = """
with store.run("w") as run:
    say(run.id)
    for n in range(100_000):
        run.checkpoint({"messages": ["x" * 1000] * (n % 50), "n": n})
        say(n)
"""


def test_a_killed_writers_checkpoints_have_all_their_values(layout, program):
    from flightlog.backends.journal.states import States
    from flightlog.core.events import CheckpointSaved

    process = program(STATES)
    run, *said = (process.stdout.readline().strip() for _ in range(5))
    process.kill()
    said += rest_of(process).split()
    states = States(layout.states(run))
    saved = [part.event for part in parts(layout.journal(run)) if isinstance(part.event, CheckpointSaved)]
    assert len(said) <= len(saved) <= len(said) + 1
    assert len(saved) > 3
    for number, checkpoint in enumerate(saved):
        assert states.value(checkpoint.values["n"]) == str(number).encode()
        assert len(states.value(checkpoint.values["messages"])) == checkpoint.sizes["messages"]


INTERRUPTED = """
seen = 0
try:
    with store.run("w") as run:
        say(run.id)
        while True:
            run.log("x", n=seen)
            seen += 1
except KeyboardInterrupt:
    say("interrupted")
"""


def test_an_interrupted_writer_ends_its_run_as_cancelled(layout, program):
    for round_ in range(5):
        process = program(INTERRUPTED)
        run = process.stdout.readline().strip()
        time.sleep(0.05 + 0.013 * round_)
        process.send_signal(signal.SIGINT)
        assert rest_of(process).strip() == "interrupted", process.stderr.read()
        events = [part.event for part in parts(layout.journal(run))]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert events[-1].status == "cancelled"
        assert torn_tail(layout.journal(run)) is None


FORKED = """
run = store.run("w")
run.log("before", n=0)
say(run.id)
inside, outside = os.pipe()
child = os.fork()
if child == 0:
    from flightlog.core.errors import Conflict
    try:
        run.log("from the child", n=99)
    except Conflict as error:
        os.write(outside, str(error).encode())
    time.sleep(60)
    os._exit(0)
os.close(outside)
say(os.read(inside, 4096).decode().replace("\\n", " "))
for n in range(1, 200):
    run.log("after", n=n)
if sys.argv[2] == "die":
    say(child)
    os.kill(os.getpid(), signal.SIGKILL)
run.finish()
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
"""


def test_after_a_fork_the_parent_alone_writes(layout, program):
    process = program(FORKED, "live")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    run, complaint = output.splitlines()
    assert "was forked from" in complaint
    assert numbers(layout.journal(run)) == list(range(200))


def test_a_child_that_outlives_its_parent_does_not_keep_the_lock(layout, program):
    process = program(FORKED, "die", stdin=None)
    # The child keeps our pipe open, so that only lines can be waited for.
    run, _, child = (process.stdout.readline().strip() for _ in range(3))
    process.wait(timeout=60)
    try:
        assert not lock.is_held(layout.journal(run))
        JournalRecording(layout).resume(run).close()
    finally:
        import os

        os.kill(int(child), signal.SIGKILL)


FORKED_BLOCK = """
with store.run("w") as run, run.step("s"):
    say(run.id)
    child = os.fork()
    if child == 0:
        sys.exit(0)
    os.waitpid(child, 0)
    run.log("parent", n=0)
"""


def test_a_forked_child_that_leaves_the_block_ends_nothing(layout, program):
    output, errors = program(FORKED_BLOCK).communicate(timeout=60)
    assert not errors
    (run,) = output.split()
    kinds = [part.event.__struct_config__.tag for part in parts(layout.journal(run))]
    assert kinds == ["run.started", "step.started", "log", "step.finished", "run.finished"]


ASKING = """
looks, answer = [], JournalRecording.answer

def looked(self, *asked):
    looks.append(time.time())
    return answer(self, *asked)

JournalRecording.answer = looked
with store.run("w") as run:
    say(run.id)
    say(run.approve("Go on?", timeout=100), *looks)
"""


def test_an_answer_from_another_process_arrives_within_a_second(layout, program):
    from flightlog.backends.journal import annotations
    from flightlog.core.annotations import Answered
    from flightlog.core.events import ApprovalRequested
    from flightlog.core.recording import approval_wait

    process = program(ASKING)
    run = process.stdout.readline().strip()
    asked: list[ApprovalRequested] = []
    while not asked:
        asked = [part.event for part in parts(layout.journal(run)) if isinstance(part.event, ApprovalRequested)]
        time.sleep(0.01)
    annotations.append(layout.annotations, Answered(run=run, approval=asked[0].approval, decision="approved"))
    given = time.time()
    granted, *looks = rest_of(process).split()
    assert granted == "True"
    # It is taken by the first that looks after it was given, and looks are less than half a second apart.
    assert sum(float(looked) > given for looked in looks) <= 1
    assert approval_wait.POLL_S < 0.5
