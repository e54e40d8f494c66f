"""The verb that shows what a retention policy would do, and that does it: `retain`."""

import sys
from typing import Any

import click

from ...core.retention.plan import Decision, Plan
from ...core.text import safe_text
from .. import format
from ..files import new_file, refused
from .bar import working
from .main import FINDINGS, OK
from .opening import opened, retention
from .options import YES, Settings, json_option, verb
from .output import say, say_json, table
from .run_lines import workflow_name


@verb(
    epilog="flightlog retain\nflightlog retain --policy mine.yaml --taken\nflightlog retain --save-plan plan.json\n"
    "flightlog retain --apply --plan plan.json\nflightlog retain --apply --yes\nflightlog retain --watch"
)
@click.option("--policy", "file", metavar="FILE", help="A YAML file with `retention`, instead of the configuration.")
@click.option("--write", "text", metavar="YAML", help="Write this policy into the configuration, and end.")
@click.option("--taken", is_flag=True, help="Only the runs that something would happen to.")
@click.option("--save-plan", "save_to", metavar="FILE", help="Keep what it would take in a new file.")
@click.option("--apply", is_flag=True, help="Do it, once somebody agreed.")
@click.option("--plan", "plan_file", metavar="FILE", help="Do what was kept in this file, to no other run.")
@YES
@click.option("--auto", is_flag=True, help="One pass that acts only if this policy was applied by hand before.")
@click.option("--watch", is_flag=True, help="Such a pass now, and one `every` hour, or as the policy says.")
@json_option("One JSON object a line for each run, and last the sums; with --auto and --watch an object a pass.")
def retain(
    settings: Settings,
    file: str | None,
    text: str | None,
    taken: bool,
    save_to: str | None,
    apply: bool,
    plan_file: str | None,
    yes: bool,
    auto: bool,
    watch: bool,
    as_json: bool,
) -> None:
    """What the retention policy would do to every single run, and why. Without --apply nothing is changed.

    The exit code is 3 if the policy would take something, and 0 if every run stays as it is.

    With --apply it is done, a run at a time; a run that is pinned or became active since it was looked at is left
    alone and named (exit code 3). What has lain in the trash for longer than `trash_for` is then removed for good.
    A plan of --save-plan may be carried out for a day. ^C stops between two runs, and the same command goes on.

    A policy that is new or changed acts by itself (--auto, --watch) only after it was applied once by --apply: until
    then such a pass shows what it would do. So it does again after something that a policy did was taken back by undo.
    """
    from .passes import one_pass, passes
    from .retaining import applied, write

    if text is not None:
        if file or apply or auto or watch or plan_file or save_to:
            raise click.UsageError("--write writes the policy, and goes with nothing else")
        write(settings, text)
        return

    if save_to and (apply or auto or watch):
        raise click.UsageError("--save-plan changes nothing, and goes with nothing that does")
    if plan_file and not apply:
        raise click.UsageError("--plan is carried out with --apply")
    if apply and auto:
        raise click.UsageError("--apply acts by hand, and --auto by itself: take one")
    code = applied(settings, file, plan_file, yes=yes, as_json=as_json) if apply else OK
    if watch:
        code = passes(settings, file, as_json)
    elif auto:
        code = one_pass(settings, file, as_json)
    elif not apply:
        code = _preview(settings, file, taken, save_to, as_json)
    sys.exit(code)


def _preview(settings: Settings, file: str | None, taken: bool, save_to: str | None, as_json: bool) -> int:
    from ...core.retention.meant import leaving, planned
    from ...core.retention.saved import saved
    from .retaining import called

    said = retention(settings, file)
    policy = said.required()
    with opened(settings) as store, working(settings.ascii):
        found = planned(store, policy, said.file)
        gone = leaving(store, policy)
        name = called(store)
    if save_to:
        _save(save_to, saved(found, name))
    shown = found.taken if taken else found.decisions
    purged = (len(gone), sum(one.size_bytes for one in gone))
    if as_json:
        for one in shown:
            say_json(decision_row(one))
        say_json(sums_row(found, purged))
    else:
        head = ("Run", "Workflow", "Ended", "Size", "Would do")
        table(head, map(_cells, shown), right=frozenset({"Size"}))
        say()
        print_sums(found, policy.max_size, policy.max_runs)
        if gone:
            size = format.size(purged[1])
            say(f"{'purge':8}{format.plural(purged[0], 'run'):>12}  {size}, in the trash for longer than it may be")
        say("nothing was changed: this is what the policy would do")
    return FINDINGS if found.taken or gone else OK


def _save(file: str, plan: bytes) -> None:
    try:
        with new_file(file) as out:
            out.write(plan)
    except (OSError, ValueError) as error:
        raise refused("the plan is not saved", error, file, otherwise="name a new file") from error


def _cells(one: Decision) -> tuple[str, ...]:
    run = one.run
    ended = format.moment(run.finished) if run.finished else "–"
    return run.id, workflow_name(run), ended, format.size(run.size_bytes), str(one)


def print_sums(found: Plan, max_size: str, max_runs: int | None) -> None:
    """What each action comes to, and by how much limits stay exceeded."""
    for action, part in found.sums().items():
        if part.runs or action == "keep":
            unknown = f", the size of {part.unknown:,} is not known" if part.unknown else ""
            runs = format.plural(part.runs, "run")
            say(f"{action:8}{runs:>12}  {format.size(part.size_bytes)}{unknown}")
    if found.over_size:
        say(f"max_size {safe_text(max_size)} would still be exceeded by {format.size(found.over_size)}: rules go first")
    if found.over_runs:
        say(f"max_runs {max_runs} would still be exceeded by {found.over_runs:,}: rules go first")


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


def sums_row(found: Plan, purged: tuple[int, int]) -> dict[str, Any]:
    """The last line of `retain --json`; `purged` are the runs, and their bytes, that are to leave the trash."""
    return {
        "now": found.now,
        "sums": {
            action: {"runs": part.runs, "size_bytes": part.size_bytes, "runs_of_unknown_size": part.unknown}
            for action, part in found.sums().items()
        },
        "purge": {"runs": purged[0], "size_bytes": purged[1]},
        "over_size_bytes": found.over_size,
        "over_runs": found.over_runs,
        "changed": False,
    }
