"""Messages, items, approvals, artifacts and notes of a run on its page."""

from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..glyphs import UNICODE
from ..lines import status_ink
from .bounds import APPROVALS, ARTIFACTS, BODY, DAMAGE, ITEMS, MESSAGES, NOTES, left_out
from .elements import Html, joined, note, row, section, short, table, tag
from .values import value


def _left(shown: int, there: int, one: str) -> Html:
    left = left_out(shown, there, one)
    return note(left) if left else Html("")


def messages(store: Store, run: Run) -> Html:
    """Who said what to whom."""
    found = store.runs.messages(run.id, limit=MESSAGES).items
    parts = []
    for one in found:
        who = joined([tag("span", one.sender, class_="title"), f" → {one.recipient}" if one.recipient else ""])
        about = f"  {one.role}  {format.moment(one.t)}"
        parts.append(tag("p", who, tag("small", about, class_="muted")))
        parts.append(value(one.content, BODY))
    return section("Messages", *parts, _left(len(found), run.messages, "messages"), about=f"{run.messages:,}")


def items(store: Store, run: Run) -> Html:
    """Batch rows, failed ones first."""
    found = store.runs.items(run.id, limit=ITEMS).items
    rows = (
        row(
            f"{one.row_number:,}",
            _status(one.status),
            f"{one.attempts:,}",
            short(format.moment(one.changed)),
            one.error,
        )
        for one in found
    )
    failed = f", {run.items_failed:,} failed" if run.items_failed else ""
    whole = table(("row", "status", "attempts", "changed", "error"), rows, class_="rows")
    return section("Items", whole, _left(len(found), run.items, "items"), about=f"{run.items:,}{failed}")


def approvals(store: Store, run: Run) -> Html:
    """What was asked, and what a person answered."""
    found = store.runs.approvals(run.id, limit=APPROVALS)
    rows = (
        row(one.question, _status(one.status), short(format.moment(one.requested)), one.by, one.note) for one in found
    )
    whole = table(("question", "status", "asked", "by", "note"), rows, class_="asked rows")
    return section("Approvals", whole, _left(len(found), run.approvals, "approvals"))


def artifacts(store: Store, run: Run) -> Html:
    """The files that the run made: their names, not their bytes."""
    found = store.runs.artifacts(run.id, limit=ARTIFACTS)
    rows = (row(one.name, one.path, short(format.size(one.size)), one.sha256, one.media_type) for one in found)
    whole = table(("name", "path", "size", "sha256", "type"), rows, class_="files")
    return section("Artifacts", whole, _left(len(found), run.artifacts, "artifacts"))


def notes(store: Store, run: Run) -> Html:
    """What people wrote on the run."""
    found = store.runs.notes(run.id, limit=NOTES).items
    rows = (row(short(format.moment(one.t)), one.by, one.text) for one in found)
    return section("Notes", table(("when", "by", ""), rows, class_="rows"), _left(len(found), run.notes, "notes"))


def damage(store: Store, run: Run) -> Html:
    """What of the run could not be read."""
    found = store.runs.damage(run.id, limit=DAMAGE).items
    rows = (row(one.what, one.where, one.raw) for one in found)
    return section(
        "Damage", table(("what", "where", "text"), rows, class_="rows"), _left(len(found), run.damaged, "places")
    )


def _status(status: str) -> Html:
    return tag("span", f"{UNICODE.status(status)} {status}", class_=f"short {status_ink(status)}")
