"""The URL of a PostgreSQL server as a configuration gives it: checked before anybody connects, never shown whole."""

import re
from urllib.parse import quote, urlsplit

from .values import Values

_FORM = "write postgresql://USER:${PASSWORD}@HOST/DATABASE, with the password in the environment"
_AS_PASSWORD = re.compile(r":(\$\{[A-Za-z_][A-Za-z0-9_]*\})@")


def postgres_url(values: Values, given: object, key: str) -> str:
    """The URL with its variables put in; ConfigError quotes nothing of it, for it may hold a password.

    A variable that stands for the password (`:${NAME}@`) holds it as it is: it is encoded here.
    """
    if given is None:
        raise values.mistake("is missing", key, _FORM)
    text: str = values.typed(given, key, str)
    password = _AS_PASSWORD.search(text)
    if password:
        parts = text[: password.start(1)], password[1], text[password.end(1) :]
        before, secret, after = (str(values.filled(part, key)) for part in parts)
        url = before + quote(secret, safe="") + after
    else:
        url = str(values.filled(text, key))
    why = _problem(url)
    if why:
        raise values.mistake(why, key, _FORM)
    return url


def _problem(url: str) -> str:
    """What is wrong with a URL, quoting nothing of it; empty if nothing."""
    try:
        parts = urlsplit(url)
        odd = parts.port == 0 or parts.fragment or "@" in parts.path
    except ValueError:
        odd = True
    wrong = {
        "a URL that begins with postgresql:// is wanted": not re.match(r"postgres(ql)?://", url),
        "the URL has blanks in it": re.search(r"[\s\x00-\x1f\x7f]", url),
        "the URL's host or port cannot be read (in a password / ? # and @ must be percent-encoded)": odd,
        "the URL names no database": not odd and not parts.path.strip("/"),
    }
    return next((why for why, found in wrong.items() if found), "")
