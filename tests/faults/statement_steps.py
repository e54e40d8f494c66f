"""Statements for a server as steps that a process can be killed at, whoever makes them."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import psycopg

STATEMENT = "getpgrp"
"""The call that stands for the beginning and for the end of a statement: it does nothing."""
_MADE = ((psycopg.Cursor, ("execute", "executemany", "copy")), (psycopg.Connection, ("commit", "rollback")))


def counted_statements() -> None:
    """From now on this process makes a call that can be counted before and after each statement."""

    def marked(real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def call(*args: Any, **options: Any) -> Any:
            os.getpgrp()
            found = real(*args, **options)
            os.getpgrp()
            return found

        return call

    for owner, names in _MADE:
        for name in names:
            setattr(owner, name, marked(getattr(owner, name)))
