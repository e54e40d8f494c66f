"""What should not be shared is masked: values under keys that are named like secrets, and what looks like one.

It finds what is known to look so. A secret that looks like ordinary words, under an ordinary key, stays.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec

_WORDS = r"password|passwd|passphrase|pwd|secrets?|token|apikey|authorization|cookies?|credentials?|dsn|bearer"
_PAIRS = r"(?:api|private|access|secret|auth|signing|encryption|account)_?key|connection_?string|database_?url"
_SECRET_KEY = re.compile(rf"(?:.*_)?(?:{_WORDS}|{_PAIRS})(?:_.*)?")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")

_SAID = rf"(?:[\w-]*[_-])?(?:{_WORDS}|{_PAIRS.replace('_?', '[_-]?')})"
# A password may have a raw `/` or `@` in it: then it ends at the last `@` before the path. What follows a port, or an
# address in brackets, is a path. So many characters at most, so that hostile text costs no more than its length.
_RAW = r"[^\s@\"'<>]{1,200}"
_LOGIN = rf"(?<=://)(?:[^\s/@:]*:[^\s/@]+|(?!\[[\dA-Fa-f:.]+\])[^\s/@:]*:(?!\d{{1,5}}/){_RAW})(?:@[^\s/@\"'<>]*)*(?=@)"
_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S)),
    ("token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")),
    (
        "key",
        re.compile(
            r"\b(?:sk-[\w-]{12,}|[sr]k_(?:live|test)_\w{8,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}"
            r"|xox[abeoprs]-[\w-]{8,}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,}|hf_\w{16,}|npm_\w{30,}|pypi-[\w-]{30,}"
            r"|gsk_\w{16,}|ya29\.[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,})"
        ),
    ),
    ("password", re.compile(_LOGIN)),
    ("token", re.compile(r"(?i)(?<=\bbearer )\s*[\w.~+/=-]{8,}|(?<=\bbasic )\s*[\w+/=-]{12,}")),
    (
        "secret",
        re.compile(rf"(?i)(?:(?<=\W)|\A){_SAID}[\"']?\s*[:=]\s*(?!\[redacted)(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|\S+)"),
    ),
    ("e-mail address", re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")),
)


class Redactor:
    """Masks values and counts what it masked. Belongs to one thread."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """`keys`: patterns of more keys whose values are masked, in which `*` stands for anything."""
        self._keys = tuple(key.lower() for key in keys)
        self.found: Counter[str] = Counter()
        """How often what was masked, by its kind."""

    def is_secret(self, key: object) -> bool:
        """Whether a key is named like a secret's, or was asked for."""
        name = str(key)
        if any(fnmatchcase(name.lower(), pattern) for pattern in self._keys):
            return True
        return bool(_SECRET_KEY.fullmatch(_HUMP.sub("_", name).lower()))

    def text(self, text: str) -> str:
        """A text without what looks like a secret."""
        for kind, pattern in _LOOKS:
            text, count = pattern.subn(f"[redacted {kind}]", text)
            self.found[kind] += count
        return text

    def value(self, value: Any) -> Any:
        """Whatever a store tells, masked: texts, JSON, and structs and tuples of these."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.value(key): self.under(key, item) for key, item in value.items()}
        if isinstance(value, msgspec.Struct):
            return self._struct(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(self.value, value))
        if isinstance(value, list | tuple | set | frozenset):
            return type(value)(map(self.value, value))
        return value

    def under(self, key: object, value: Any) -> Any:
        """A value under its key; numbers are no secrets, for `max_tokens` is none."""
        if value is None or isinstance(value, bool | int | float) or not self.is_secret(key):
            return self.value(value)
        self.found["value of a secret key"] += 1
        return "[redacted]"

    def _struct(self, value: msgspec.Struct) -> Any:
        key = getattr(value, "key", None)
        masked = {}
        for name in value.__struct_fields__:
            own = getattr(value, name)
            # How a key of a state changed is told with its name beside its values.
            is_beside = isinstance(key, str) and name in ("before", "after", "value")
            masked[name] = self.under(key, own) if is_beside else self.value(own)
        return msgspec.structs.replace(value, **masked)
