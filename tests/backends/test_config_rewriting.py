"""The configuration is switched to another storage, and everything else in it stays as it was written."""

import pytest
import yaml
from flightlog.backends.configuration.rewriting import rewritten
from hypothesis import given
from hypothesis import strategies as st

SQLITE = {"logs": {"type": "sqlite", "path": "flightlog.db"}}
SERVER = {"logs": {"type": "postgres", "url": "postgresql://ana:${PASSWORD}@db:5432/runs"}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "storage:\n  logs: {type: sqlite, path: flightlog.db}\n"),
        ("# mine\n", "# mine\nstorage:\n  logs: {type: sqlite, path: flightlog.db}\n"),
        ("every: 1h", "every: 1h\nstorage:\n  logs: {type: sqlite, path: flightlog.db}\n"),
        ("{every: 1h}", "{every: 1h, storage: {logs: {type: sqlite, path: flightlog.db}}}"),
        ("storage:\nevery: 1h\n", "storage: {logs: {type: sqlite, path: flightlog.db}}\nevery: 1h\n"),
        (
            "storage:\n  # where they lie\n  logs:\n    type: file # plain\n    path: 'runs'  # here\nevery: 1h # so\n",
            "storage:\n  # where they lie\n  logs:\n    type: sqlite # plain\n    path: flightlog.db  # here\n"
            "every: 1h # so\n",
        ),
        ("storage: {logs: {type: file}}", "storage: {logs: {type: sqlite, path: flightlog.db}}"),
        (
            "storage:\n  logs:\n    type: file # plain\n",
            "storage:\n  logs:\n    path: flightlog.db\n    type: sqlite # plain\n",
        ),
        (
            "storage:\n    # versions\n    workflows: {type: file}\n",
            "storage:\n    # versions\n    logs: {type: sqlite, path: flightlog.db}\n    workflows: {type: file}\n",
        ),
    ],
)
def test_only_what_is_wanted_changes(before, after):
    assert rewritten(before, SQLITE) == after


def test_a_path_becomes_a_url_and_back():
    text = rewritten("storage: {logs: {type: file, path: runs}} # x\n", SERVER)
    assert text == 'storage: {logs: {type: postgres, url: "postgresql://ana:${PASSWORD}@db:5432/runs"}} # x\n'
    assert rewritten(text, SQLITE) == "storage: {logs: {type: sqlite, path: flightlog.db}} # x\n"


CONCERN = st.fixed_dictionaries({"type": st.just("file")}, optional={"path": st.text("a b#:{}'\"", min_size=1)})
STORAGE = st.dictionaries(st.sampled_from(["logs", "workflows", "metrics", "mirror"]), CONCERN)
CONFIG = st.fixed_dictionaries({}, optional={"storage": STORAGE, "every": st.just("1h"), "ä": st.text("ab # \n")})


@given(CONFIG, st.booleans(), st.text("a b#:{}'\"", min_size=1), st.sampled_from(["logs", "metrics"]))
def test_the_rest_means_what_it_meant(config, flow, path, concern):
    before = yaml.safe_dump(config, default_flow_style=flow, allow_unicode=True)
    wanted = {concern: {"type": "sqlite", "path": path}}
    after = yaml.safe_load(rewritten(before, wanted))
    assert after == config | {"storage": config.get("storage", {}) | wanted}
