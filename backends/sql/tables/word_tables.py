"""Full text of logs."""

from sqlalchemy import DDL, Column, Connection, Table, event

from ..column_types import Integer, String
from ..words_kept import can_keep
from .shared import derived

worded_runs = Table(
    "worded_runs",
    derived,
    # How far the log of a run is in `log_words`, and the number that it has there, which is never given again.
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False, unique=True),
    Column("seq", Integer, nullable=False),
    sqlite_autoincrement=True,
)

LOG_WORDS = {
    # Which entries hold a word, and nothing else: where in them it stands is read from the original. SQLite
    # splits at what is not ASCII letter or digit, and keeps all beyond ASCII: `core.text` alone says what a word is.
    "sqlite": (
        "CREATE VIRTUAL TABLE log_words USING fts5(words, content='', detail='none', columnsize=0, tokenize='ascii')",
        # To find the newest entries, each page that holds a word is walked to its end: small ones halve a search.
        "INSERT INTO log_words(log_words, rank) VALUES ('pgsz', 1000)",
    ),
    "postgresql": (
        "CREATE TABLE log_words (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX log_words_by_word ON log_words USING gin (words)",
    ),
}
"""The words of log entries: each engine has its own kind of table. An entry's id is its run's number, and its seq."""


def _made_where_it_can_be(ddl: object, target: object, bind: Connection | None, *_: object, **__: object) -> bool:
    return bind is not None and can_keep(bind)


for _dialect, _statements in LOG_WORDS.items():
    for _statement in _statements:
        _make = DDL(_statement).execute_if(dialect=_dialect, callable_=_made_where_it_can_be)  # type: ignore[no-untyped-call]
        event.listen(derived, "after_create", _make)
