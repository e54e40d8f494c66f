"""What a driver says of a value that no column holds: of a `Run` where its id belongs, for one."""

import re

from ...core.errors import StorageError, no_id

_told = re.compile(r"(?:parameter|adapt).* type '([\w.]+)'|adapt type '([\w.]+)'").search


def wrong_value(cause: object) -> StorageError | None:
    """The error for what a program handed over that is neither text nor number; None if that is not what failed."""
    found = _told(str(cause))
    return no_id((found[1] or found[2]).rpartition(".")[2]) if found else None
