"""Transcripts that Claude Code is going to remove by itself are told of before it does."""

import json
import time
from contextlib import closing

import flightlog
import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.transcripts import claude_clearing
from flightlog.core.clock import to_seconds
from flightlog.core.query.query import EVERYTHING
from recorded_transcripts import aged

DAY_S = 86_400.0


@pytest.fixture(autouse=True)
def home(claude, monkeypatch):
    """Claude Code's own folder, on a machine whose keeper sets nothing."""
    monkeypatch.setattr(claude_clearing, "_MANAGED", (claude / "managed.json",))
    (claude / ".last-cleanup").touch()
    return claude


def removals_of(place, run=None, **how):
    with closing(open_source(place, in_memory=True)) as store:
        return store.upkeep.removals(run, **how)


def sets(path, days):
    path.write_text(json.dumps({"theme": "dark", "cleanupPeriodDays": days}))


def main_of(home):
    """A session that has subagents, and their transcripts."""
    inside = next(iter(sorted(home.rglob("subagents")))).parent
    return inside.with_name(f"{inside.name}.jsonl"), sorted(inside.rglob("agent-*.jsonl"))


def test_what_was_written_four_days_ago_goes_in_twenty_six(home):
    assert removals_of(home) == []
    (all_of_them,) = removals_of(home, within_s=27 * DAY_S)
    files = list(home.rglob("*.jsonl"))
    assert all_of_them.by == "Claude Code" and "after 30 days" in all_of_them.rule and "its default" in all_of_them.rule
    assert abs(to_seconds(all_of_them.first) - time.time() - 26 * DAY_S) < 600
    with closing(open_source(home, in_memory=True)) as store:
        assert all_of_them.runs == store.runs.totals().runs
        assert 0 < all_of_them.size_bytes <= sum(path.stat().st_size for path in files)


@pytest.mark.parametrize("place", [".", "projects", "projects/{}"])
def test_any_folder_of_its_own_is_told_of(home, place):
    folder = next(path for path in (home / "projects").iterdir() if path.is_dir())
    for path in folder.rglob("*.jsonl"):
        aged(path, 29 * DAY_S)
    assert removals_of(home / place.format(folder.name))[0].runs > 0


def test_the_period_is_what_the_settings_say_and_the_keepers_before_the_users(home):
    sets(home / "settings.json", 10)
    (soon,) = removals_of(home)
    assert "after 10 days" in soon.rule and "settings" in soon.rule
    assert abs(to_seconds(soon.first) - time.time() - 6 * DAY_S) < 600
    sets(home / "managed.json", 99_999)
    assert removals_of(home, within_s=365 * DAY_S) == []


@pytest.mark.parametrize("days", [0, -1, "30", True, None, 1.5, [30]])
def test_with_a_period_that_is_none_it_removes_nothing_and_so_is_told(home, days):
    sets(home / "settings.json", days)
    expected = 1 if days is None else 0  # null sets nothing
    assert len(removals_of(home, within_s=40 * DAY_S)) == expected


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe", b'{"cleanupPeriodDays": '])
def test_settings_that_cannot_be_read_set_nothing(home, damage):
    (home / "settings.json").write_bytes(damage)
    assert removals_of(home, within_s=40 * DAY_S)[0].runs > 0


def test_a_copy_elsewhere_is_removed_by_nobody_and_its_own_folder_is_known_by_its_name(home, monkeypatch):
    (home / ".last-cleanup").unlink()
    assert removals_of(home, within_s=40 * DAY_S) == []
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home))
    assert removals_of(home, within_s=40 * DAY_S) != []


def test_a_subagent_goes_with_its_session_and_alone_where_that_is_gone(home):
    main, agents = main_of(home)
    aged(main, 29 * DAY_S)
    (soon,) = removals_of(home)
    assert soon.runs == 1 + len(agents) and soon.size_bytes == sum(one.stat().st_size for one in (main, *agents))
    aged(main, 0)
    aged(agents[0], 29 * DAY_S)
    assert removals_of(home) == []
    main.unlink()
    assert removals_of(home)[0].runs == 1


def test_of_one_run_it_is_told_whenever_that_is_and_of_none_that_is_unknown(home):
    with closing(open_source(home, in_memory=True)) as store:
        run = store.runs.query(EVERYTHING, limit=1).items[0]
        (one,) = store.upkeep.removals(run.id)
        assert one.runs == 1 and one.size_bytes == run.size_bytes
        assert store.upkeep.removals("01j00000000000000000000000") == []


def test_codex_removes_nothing(codex):
    (codex / ".last-cleanup").touch()
    assert removals_of(codex, within_s=10_000 * DAY_S) == []


def test_doctor_notes_it_with_what_keeps_them(home):
    main, agents = main_of(home)
    aged(main, 31 * DAY_S)
    with closing(open_source(home, in_memory=True)) as store:
        (found,) = [one for one in store.upkeep.check() if one.kind == "removed-soon"]
    assert found.severity == "note" and f"removes {1 + len(agents)} runs within a week" in found.what
    assert f"flightlog --data {home} backup TO" in found.advice


def test_beside_our_own_runs_it_is_told_too(home, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "flightlog.yaml").write_text(f"sources:\n  - type: transcripts\n    path: {home}\n")
    with flightlog.open(data) as store:
        with store.run("w") as own:
            pass
        foreign = next(run for run in store.runs.query(EVERYTHING, limit=100).items if run.source)
        assert store.upkeep.removals(own.id) == []
        assert store.upkeep.removals(foreign.id)[0].runs == 1
        assert store.upkeep.removals(within_s=40 * DAY_S)[0].runs == store.runs.totals().runs - 1
        assert store.scoped(session=foreign.session).upkeep.removals(foreign.id) == []
