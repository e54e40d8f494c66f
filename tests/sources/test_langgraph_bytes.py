"""A listing reads keys, ids and lengths: counted in bytes, not in time."""

import subprocess
import sys
from contextlib import closing

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bytes read are counted by /proc/self/io")

COUNT = """
import sys
from pathlib import Path
from sqlalchemy import text
from flightlog.backends.sqlite.engine import open_database
from flightlog.backends.sources.langgraph.original import Original
from flightlog.backends.sources.langgraph.index import LangGraphIndex

def read():
    return int(Path("/proc/self/io").read_text().split()[1])

database = open_database(None, truth=False)
original = Original(Path(sys.argv[1]))
index = LangGraphIndex(original, database, "bot")
before = read()
index.refresh()
listed = read()
with database.read() as connection:
    rows = connection.execute(text("SELECT id, source_id, checkpoints, steps, tokens FROM runs ORDER BY id")).all()
assert rows[0].tokens, "they are cheap to know of such threads"
index.refresh()
again = read()
from flightlog.backends.sources.langgraph.bodies import LangGraphBodies
from flightlog.backends.sql.bodies import Excerpt
bodies = LangGraphBodies(index)
(seq, _), = bodies.lines(rows[0].id, Excerpt(types=frozenset({"checkpoint"}), limit=1, newest=True))
state = bodies.state(rows[0].id, bodies.checkpoint(rows[0].id, seq))
print(len(rows), sum(row.tokens for row in rows), listed - before, again - listed, read() - again, len(state["blob"]))
"""


def counted(path):
    done = subprocess.run([sys.executable, "-c", COUNT, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return map(int, done.stdout.split())


def fill(program, graphs, threads, size):
    graph = program.graph("", graphs["large"](size))
    for n in range(threads):
        graph.invoke(graphs["HELLO"], graphs["thread"](f"thread-{n}"))
    program.close()
    return program.path.stat().st_size


@pytest.mark.heavy
def test_listing_two_hundred_megabytes_reads_less_than_a_hundredth(program, graphs):
    size = fill(program, graphs, 34, 2_000_000)
    assert size > 200_000_000
    runs, tokens, listing, again, state, blob = counted(program.path)
    assert (runs, tokens, blob) == (34, 34 * 22, 2_000_000)
    assert listing < size / 100
    assert again < 50_000
    assert state < 3 * 2_100_000


def test_a_listing_does_not_grow_with_the_values(program, graphs, tmp_path):
    small = fill(program, graphs, 4, 20_000)
    _, _, listing, *_ = counted(program.path)
    with closing(type(program)(tmp_path / "big.sqlite")) as bigger:
        large = fill(bigger, graphs, 4, 4_000_000)
    _, _, of_large, *_ = counted(bigger.path)
    assert large > 20 * small
    assert of_large < 2 * listing + 100_000
