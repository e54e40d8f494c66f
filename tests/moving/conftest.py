"""Where the stores of these tests lie, and where they move to."""

from collections.abc import Callable
from pathlib import Path

import pytest

Places = Callable[[str, str], str]

CONFIG = "# mine\nevery: 1h  # often\nstorage:\n  # where runs are\n  logs: {}\n"
KEPT = {"file": "{type: file}", "sqlite": "{type: sqlite}", "postgres": '{type: postgres, url: "${SOURCE}"}'}


@pytest.fixture
def place(tmp_path: Path, new_postgres_url: Callable[[], str]) -> Places:
    """Where a store of a kind may lie: `place("sqlite", "a")`."""

    def named(kind: str, name: str) -> str:
        (tmp_path / name).mkdir(exist_ok=True)
        if kind == "postgres":
            return new_postgres_url()
        return f"file:{tmp_path / name}" if kind == "file" else f"sqlite:{tmp_path / name / 'flightlog.db'}"

    return named


@pytest.fixture
def data(tmp_path: Path, new_postgres_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a data directory that keeps its runs in a kind of storage, as its configuration says."""

    def make(kind: str) -> Path:
        folder = tmp_path / "data"
        folder.mkdir()
        if kind == "postgres":
            monkeypatch.setenv("SOURCE", new_postgres_url())
        (folder / "flightlog.yaml").write_text(CONFIG.replace("{}", KEPT[kind]))
        return folder

    return make


@pytest.fixture
def target(new_postgres_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """What `--to` says for a kind of storage: one in the same folder, or a server."""

    def named(kind: str) -> str:
        if kind == "postgres":
            monkeypatch.setenv("TARGET", new_postgres_url())
        return "${TARGET}" if kind == "postgres" else kind

    return named
