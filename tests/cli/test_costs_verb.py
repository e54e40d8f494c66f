"""`flightlog costs`: how budgets stand, and a gate for scripts."""

import json

import flightlog
from calling import call, lines_of
from click.testing import CliRunner
from flightlog.tui.cli.main import main


def test_costs_tell_how_the_budgets_stand(tmp_path):
    (tmp_path / "flightlog.yaml").write_text(
        "budgets: [{per: day, max: 2}, {query: 'workflow:none', per: month, max: 20.5, warn: 0.5}]\n"
    )
    with flightlog.open(tmp_path) as store, store.run("triage") as run:
        run.cost("m", input_tokens=3, dollars="1.75")
        run.cost("", input_tokens=3)
    assert call("costs", "--data", tmp_path).startswith("Day (UTC)")
    said = call("costs", "--by", "model", "--data", tmp_path)
    assert "at least $1.75 of $2.00" in said
    assert "above its warning mark" in said
    assert "$0.00 of $20.50" in said
    *groups, day, month = lines_of("costs", "--json", "--data", tmp_path)
    assert [group["cost_nanousd"] for group in groups] == [1_750_000_000]
    assert {key: day[key] for key in ("budget", "per", "spent_nanousd", "max_nanousd", "percent", "state")} == {
        "budget": "", "per": "day", "spent_nanousd": 1_750_000_000, "max_nanousd": 2_000_000_000, "percent": 87,
        "state": "near",
    }  # fmt: skip
    assert (day["at_least"], day["calls_without_price"], month["budget"]) == (True, 1, "workflow:none")


def test_costs_may_be_a_gate(tmp_path):
    config = tmp_path / "flightlog.yaml"
    config.write_text("budgets: [{per: day, max: 9}, {per: run, max: 2}, {per: version, max: 2, query: 'session:ana'}]")
    with flightlog.open(tmp_path) as store, store.run("triage", version=3) as run:
        run.cost("m", input_tokens=3, dollars="1.75")

    def gate(*words):
        return CliRunner().invoke(main, ["costs", "--gate", *words, "--data", str(tmp_path)])

    assert gate().exit_code == 0  # near its end is not spent
    config.write_text("budgets: [{per: day, max: 9}, {per: run, max: 1.75}, {per: version, max: 2}]")
    for words in ((), ("--json",), ("workflow:nothing",)):
        assert gate(*words).exit_code == 3
    assert CliRunner().invoke(main, ["costs", "--data", str(tmp_path)]).exit_code == 0
    said = gate().output
    assert "spent" in said and "triage@3" in said and "above its warning mark" in said
    *_, of_run, of_version = lines_of("costs", "--json", "--data", tmp_path)
    assert (of_run["of"], of_run["per"], of_run["since"], of_run["state"]) == (run.id, "run", None, "spent")
    assert (of_version["of"], of_version["percent"]) == ("triage@3", 87)


def test_a_gate_without_budgets_says_that_it_keeps_nobody_out(tmp_path):
    flightlog.open(tmp_path).close()
    said = CliRunner().invoke(main, ["costs", "--gate", "--data", str(tmp_path)])
    assert said.exit_code == 0 and "no budget is set" in said.stderr


def test_what_runs_cost_is_told_page_by_page(tmp_path):
    with flightlog.open(tmp_path) as store:
        for n in range(5):
            with store.run("triage", version=n % 2 + 1) as run:
                run.cost("m", input_tokens=3, dollars=n)
        ids = [run.id for run in store.runs.spenders().items]

    def ask(*words):
        words = ["costs", "--by", "run", "--json", "--data", str(tmp_path), *words]
        return CliRunner().invoke(main, words)

    first = ask("--limit", "3")
    assert [json.loads(line)["run"] for line in first.stdout.splitlines()] == ids[:3]
    cursor = first.stderr.removeprefix("go on with --after ").strip()
    rest = ask("--after", cursor)
    assert [json.loads(line)["run"] for line in rest.stdout.splitlines()] == ids[3:] and not rest.stderr
    rows = [json.loads(line) for line in ask("version:2").stdout.splitlines()]
    assert [(row["calls"], row["runs"], row["cost_nanousd"]) for row in rows] == [(1, 1, 3 * 10**9), (1, 1, 10**9)]
    assert lines_of("costs", "--json", "--data", tmp_path)[0]["runs"] is None  # kept sums do not know
    refused = CliRunner().invoke(main, ["costs", "--limit", "3", "--data", str(tmp_path)])
    assert refused.exit_code == 2 and "are for --by run" in refused.output
