"""The verb that shows what a retention policy would do: `retain`."""

import sys
from datetime import datetime
from typing import Any

import click

from ...core import clock
from ...core.errors import StorageError
from ...core.retention.plan import Decision, Plan
from ...core.text import safe_text
from .. import format
from .main import FINDINGS
from .opening import opened, retention_policy
from .options import Settings, json_option, verb
from .output import say, say_json, table
from .run_lines import workflow_name


@verb(epilog="flightlog retain\nflightlog retain --policy mine.yaml --taken\nflightlog retain --save-plan plan.json")
@click.option("--policy", "file", metavar="FILE", help="A YAML file with `retention`, instead of the configuration.")
@click.option("--taken", is_flag=True, help="Only the runs that something would happen to.")
@click.option("--save-plan", "save_to", metavar="FILE", help="Keep what it would take in a new file.")
@json_option("One JSON object a line for each run, and one with the sums at the end.")
def retain(settings: Settings, file: str | None, taken: bool, save_to: str | None, as_json: bool) -> None:
    """What the retention policy would do to every single run, and why. It only shows this: nothing is changed.

    The exit code is 3 if the policy would take something, and 0 if every run stays as it is.
    """
    from ...core.retention.catalogue import read
    from ...core.retention.names import check_names
    from ...core.retention.plan import plan
    from ...core.retention.saved import saved

    policy, origin = retention_policy(settings, file)
    policy.check()
    with opened(settings) as store:
        check_names(policy, store.runs, origin)
        found = plan(read(store.runs, policy), policy, datetime.fromtimestamp(clock.now_s()).astimezone())
        name = store.name
    if save_to:
        _save(save_to, saved(found, policy, name))
    shown = found.taken if taken else found.decisions
    if as_json:
        for one in shown:
            say_json(decision_row(one))
        say_json(sums_row(found))
    else:
        head = ("Run", "Workflow", "Ended", "Size", "Would do")
        table(head, map(_cells, shown), right=frozenset({"Size"}))
        _print_sums(found, policy.max_size, policy.max_runs)
    sys.exit(FINDINGS if found.taken else 0)


def _save(file: str, plan: bytes) -> None:
    try:
        with open(file, "xb") as out:
            out.write(plan)
    except OSError as error:
        raise StorageError(f"the plan is not saved: {error.strerror}", where=file, advice="name a new file") from error


def _cells(one: Decision) -> tuple[str, ...]:
    run = one.run
    ended = format.moment(run.finished) if run.finished else "–"
    return run.id, workflow_name(run), ended, format.size(run.size_bytes), str(one)


def _print_sums(found: Plan, max_size: str, max_runs: int | None) -> None:
    say()
    for action, part in found.sums().items():
        if part.runs or action == "keep":
            unknown = f", the size of {part.unknown:,} is not known" if part.unknown else ""
            runs = format.plural(part.runs, "run")
            say(f"{action:8}{runs:>12}  {format.size(part.size_bytes)}{unknown}")
    if found.over_size:
        say(f"max_size {safe_text(max_size)} would still be exceeded by {format.size(found.over_size)}: rules go first")
    if found.over_runs:
        say(f"max_runs {max_runs} would still be exceeded by {found.over_runs:,}: rules go first")
    say("nothing was changed: this is what the policy would do")


def decision_row(one: Decision) -> dict[str, Any]:
    """One run of `retain --json`."""
    run = one.run
    return {
        "run": run.id,
        "workflow": run.workflow,
        "version": run.version,
        "status": run.status,
        "finished": run.finished,
        "size_bytes": run.size_bytes,
        "action": one.action,
        "why": one.why,
        "rule": one.rule or None,
    }


def sums_row(found: Plan) -> dict[str, Any]:
    """The last line of `retain --json`."""
    return {
        "now": found.now,
        "sums": {
            action: {"runs": part.runs, "size_bytes": part.size_bytes, "runs_of_unknown_size": part.unknown}
            for action, part in found.sums().items()
        },
        "over_size_bytes": found.over_size,
        "over_runs": found.over_runs,
        "changed": False,
    }
