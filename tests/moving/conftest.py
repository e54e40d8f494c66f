"""Where the stores of these tests lie."""

from collections.abc import Callable
from pathlib import Path

import pytest

Places = Callable[[str, str], str]


@pytest.fixture
def place(tmp_path: Path, new_postgres_url: Callable[[], str]) -> Places:
    """Where a store of a kind may lie: `place("sqlite", "a")`."""

    def named(kind: str, name: str) -> str:
        (tmp_path / name).mkdir(exist_ok=True)
        if kind == "postgres":
            return new_postgres_url()
        return f"file:{tmp_path / name}" if kind == "file" else f"sqlite:{tmp_path / name / 'flightlog.db'}"

    return named
