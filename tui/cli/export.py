"""`export`: a run, or several beside each other, as one page of HTML."""

import sys
from pathlib import Path

import click

from ...core.text import safe_text
from . import completing
from .bar import working
from .breaking_off import leaving
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json, written


@verb(
    epilog="""
flightlog export 01j9
flightlog export 01j9 01k2 -o better.html
flightlog export 01j9 --redact --redact-key 'customer*'
flightlog export 01j9 -o - | gzip > run.html.gz"""
)
@click.argument("names", nargs=-1, required=True, metavar="RUN [RUN...]", shell_complete=completing.run)
@click.option(
    "-o", "--out", metavar="FILE", help="Where to; - is the output. Otherwise a file named after the run, here."
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--redact", is_flag=True, help="Mask what looks like a secret or an e-mail address; the page says so.")
@click.option(
    "--redact-key", "keys", multiple=True, metavar="PATTERN", help="Also mask what these keys have: customer*"
)
@json_option("One JSON object: where, how many bytes, which runs.")
def export(
    settings: Settings,
    names: tuple[str, ...],
    out: str | None,
    force: bool,
    redact: bool,
    keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """A page of RUN, or of two to five runs beside each other (the first is the baseline): one file that can be sent.

    It fetches nothing and runs nothing. Very long logs, states and lists are shown in part, and it says how much.
    """
    from ...core.redaction import Redactor
    from .. import format
    from ..export.writing import file_name, page_of, write_page
    from .diff_runs import found

    if out == "-" and as_json:
        raise click.UsageError("the page itself goes to the output with -o -, so --json has no room")
    with opened(settings) as store, working(settings.ascii):
        runs = [store.runs.get(store.runs.resolve(names[0]))] if len(names) == 1 else found(store, names)
        redactor = Redactor(keys) if redact or keys else None
        page = page_of(store, runs, redactor=redactor)
    if out == "-":
        with written():
            sys.stdout.buffer.write(page.encode("utf-8"))
        return
    with leaving("the page is written whole, or not at all"):
        made = write_page(page, Path(out or file_name(runs)), force=force)
    if as_json:
        told = {"file": made.file, "bytes": made.bytes, "runs": [run.id for run in runs]}
        say_json(told | ({"redacted": redactor.found.total()} if redactor else {}))
    else:
        say(f"{safe_text(made.file)}  {format.size(made.bytes)}")
