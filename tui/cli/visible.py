"""A password on the command line: others see it in `ps` while the program runs, and the shell keeps it."""

import re
from collections.abc import Iterable

WARNING = (
    "the password in that URL is seen by others in `ps`, and stays in the shell's history;"
    " put it into PGPASSWORD or ~/.pgpass, and leave it out of the URL"
)

_URL = r"(?:--[a-z-]+=)?postgres(?:ql)?:"
_WRITTEN = r"(?!\$\{\w+\}(?:[@&]|$))"  # a variable stands for it: `${NAME}` is put in by us
_PASSWORD = re.compile(
    rf"{_URL}//(?:[^:@/?#\s]*:{_WRITTEN}[^@?#\s]+@|\S*?[?&](?:ssl)?password={_WRITTEN}[^&\s])",
)


def has_password(words: Iterable[str]) -> bool:
    """Whether one of the words of a command line is the URL of a server with a password in it."""
    return any(map(_PASSWORD.match, words))
