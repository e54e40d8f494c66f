"""The command line's door: `flightlog [PATH]` opens the browser, `flightlog VERB` does one thing.

Verbs live one group a file and are imported when they are used, so that `--help` pays for none.
"""

import importlib
import os
import shutil
import sys
from difflib import get_close_matches
from typing import Any

import click

from ...core.errors import ConfigError, FlightlogError, Stopped
from .breaking_off import NOTHING, break_off, end_unread
from .entering import entry_options, keep
from .options import Settings, common_options
from .output import complain, say, written
from .visible import WARNING, has_password

GROUPS = {
    "Look": {
        "browse": ("browse", "Open the browser (what `flightlog [PATH]` does)."),
        "ls": ("runs", "List runs."),
        "show": ("runs", "Everything about a run."),
        "events": ("runs", "The recorded events of a run, as recorded."),
        "watch": ("watching", "New and changed runs as they come, one JSON line each."),
        "logs": ("logs", "Log entries of a run."),
        "search": ("logs", "Search all log text."),
        "items": ("items", "Rows of a batch run, and retries of failed ones."),
        "states": ("states", "Checkpoints of a run and their graph."),
        "state": ("states", "The state at a checkpoint, as JSON."),
        "blame": ("states", "Which step last wrote a key of a state."),
        "diff": ("diff", "What differs between runs, two versions, or two checkpoints."),
        "export": ("export", "A run, or several beside each other, as one page of HTML to be sent."),
        "sessions": ("groups", "Sessions with their runs and costs."),
        "costs": ("groups", "Costs by day, workflow, version, model, agent or session."),
        "metrics": ("metrics", "What the runs of a workflow came to, by version or day; two versions compared."),
        "audit": ("audit", "Who did what to runs and versions, and when."),
    },
    "Workflows": {
        "workflows": ("versions", "Workflows and how many versions and runs they have."),
        "versions": ("versions", "Versions of a workflow: lineage and outcomes."),
        "version": ("versions", "One definition, as it was saved."),
        "save": ("versions", "Save a new version of a workflow."),
        "delete": ("versions", "Delete a version; its place in the lineage stays."),
    },
    "Add": {
        "pin": ("annotate", "Keep runs from every clean-up."),
        "unpin": ("annotate", "Take the pin off runs."),
        "tag": ("annotate", "Tag runs."),
        "note": ("annotate", "Write a note on a run."),
        "approve": ("annotate", "Approve what a run waits for."),
        "reject": ("annotate", "Reject what a run waits for."),
    },
    "Clean up": {
        "retain": ("retention", "What a retention policy would do to every run, and why; or do it."),
        "archive": ("archive", "Pack runs, and list or verify what is packed."),
        "restore": ("archive", "Unpack archived runs."),
        "rm": ("removal", "Move runs to the trash."),
        "trash": ("removal", "What lies in the trash, and emptying it."),
        "undo": ("removal", "Take back the last operation, or a certain one."),
        "space": ("space", "What takes how much room: workflows, runs, states, indexes, free pages."),
        "compact": ("compacting", "Give free pages of databases back to the disk."),
    },
    "Storage": {
        "migrate": ("moving", "Move everything to another storage, and switch the configuration to it."),
        "backup": ("moving", "Copy everything into another store; again, only what is new."),
        "verify": ("moving", "Compare two stores, byte for byte."),
        "doctor": ("doctor", "Look for everything that is wrong; with --fix put right what can be."),
        "config": ("configuration", "The configuration in force, and where each value came from."),
    },
    "Try": {
        "demo": ("demo", "Watch a fleet of scripted agents at work."),
    },
}
"""Verbs as `--help` lists them, each with the module that has it (not imported for that)."""
VERBS = {name: verb for group in GROUPS.values() for name, verb in group.items()}

_LEAST = 52
"""Columns for which click lays its help out, however few there are."""

OK, FAILED, WRONG_USE, FINDINGS = 0, 1, 2, 3
"""Exit codes: done, failed, called in a wrong way, done with findings; `breaking_off` has those of what was not told
to its end.
"""


class Verbs(click.Group):
    """A group that imports a verb when it is used, and takes a first word that is no verb as a path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if has_password(args):
            say(f"flightlog: {WARNING}", err=True)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f".{VERBS[cmd_name][0]}", __package__)
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(verb, text) for verb, (_, text) in group.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] == "help" and not ctx.resilient_parsing and not os.path.exists("help"):
            args = [*args[1:2], "--help"]
        if args[0] == "--help":
            say(ctx.get_help())
            ctx.exit()
        if args[0] in VERBS:
            return super().resolve_command(ctx, args)
        near = get_close_matches(args[0], VERBS, 1, 0.75)
        more = len(args) > 1 and not args[1].startswith("-")
        if (more or near) and not os.path.exists(args[0]):
            # A path takes nothing after it, and is not spelled like a verb: this was meant as one.
            from ...core.text import masked

            hint = f"did you mean {near[0]!r}?" if near else "`flightlog --help` lists the verbs"
            raise click.UsageError(f"there is no verb {masked(args[0])!r}, and no such file; {hint}", ctx)
        return "browse", self.get_command(ctx, "browse"), args

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        columns = shutil.get_terminal_size().columns
        narrow = {"terminal_width": columns - 2} if columns < _LEAST else {}
        try:
            with written():  # help
                return super().make_context(*args, **(narrow | kwargs))
        except KeyboardInterrupt as error:
            break_off(error)
        except BrokenPipeError:
            end_unread()

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            _flush()
            return result
        except BrokenPipeError:
            end_unread()
        except (KeyboardInterrupt, Stopped) as error:
            break_off(error)
        except click.Abort as error:  # at a question
            if isinstance(error.__context__, KeyboardInterrupt):
                break_off(error)
            say(f"\nflightlog: no answer; {NOTHING}", err=True)
            ctx.exit(FAILED)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        if "_FLIGHTLOG_COMPLETE" in os.environ:
            from .shells import know_shells

            know_shells()
        try:
            return self._main(*args, **kwargs)
        except BrokenPipeError:  # of what went wrong nobody hears
            end_unread()

    def _main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except FlightlogError as error:
            complain(error)
            sys.exit(WRONG_USE if isinstance(error, ConfigError) else FAILED)
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001
            # A mistake of ours: nobody is shown a traceback, and whoever mends it finds one.
            from ..program.crash_report import farewell, of_now

            click.echo(farewell(of_now()), err=True, nl=False)
            sys.exit(FAILED)


def _flush() -> None:
    if sys.stdout is not None:
        with written():
            sys.stdout.flush()


EPILOG = (
    "A first word that is no verb is a path: a data directory, a flightlog.db, a LangGraph checkpoint database,"
    " a folder of transcripts (~/.claude, ~/.codex), or the URL of a PostgreSQL database."
)


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},  # verbs have it from here
)
@click.version_option(package_name="flightlog", prog_name="flightlog")
@common_options
@entry_options
@click.pass_context
def main(ctx: click.Context, /, run: str | None, tab: str | None, **options: Any) -> None:
    """Watch, read, compare and clean up the runs of your AI-agent workflows."""
    ctx.obj = Settings().merged(options)
    keep(ctx, run, tab)
    if ctx.invoked_subcommand is None:
        browse = main.get_command(ctx, "browse")
        assert browse is not None
        ctx.invoke(browse)
