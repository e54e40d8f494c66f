"""What `glance.sql` holds: the statements of the first page, as SQLAlchemy makes them for SQLite.

`python -m flightlog.backends.sqlite.glance_sql` writes them anew after a change of tables or lists.
"""

import re
import textwrap
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import dialect

from ...core.pages import Sort
from ...core.query.query import EVERYTHING
from ..sql import tables
from ..sql.migrations import HEAD
from ..sql.run_pages import first_page
from ..sql.run_queries import TOTALS

FILE = Path(__file__).with_name("glance.sql")


def text() -> str:
    """Whether a store, and whether an index, has the present schema; runs by start, and without one; the totals."""
    schema = (
        f"SELECT count(*) FROM alembic_version WHERE version_num = '{HEAD}'",
        f"SELECT count(*) FROM state WHERE key = 'schema' AND value = '{tables.SCHEMA}'",
    )
    made = [_compiled(statement) for statement in (*first_page(EVERYTHING, Sort()), *TOTALS)]
    return "".join(textwrap.fill(one, 110, break_on_hyphens=False) + ";\n" for one in (*schema, *made))


def _compiled(statement: Any) -> str:
    """Its text, with the values that it always has."""
    made = statement.compile(dialect=dialect(paramstyle="named"))
    fixed = {name: value for name, value in made.params.items() if value is not None}
    assert all(value in ("", 0) for value in fixed.values()), "this must be quoted"
    return re.sub(r":(\w+)", lambda found: repr(fixed[found[1]]) if found[1] in fixed else found[0], str(made))


if __name__ == "__main__":
    FILE.write_text(text())
