"""What tests of transcripts have in common."""

import sys
from pathlib import Path

import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from flightlog.backends.sources.transcripts import codex_names, folder, taking
from flightlog.backends.sources.transcripts.index import TranscriptIndex
from flightlog.backends.sources.transcripts.store import FORMATS
from flightlog.backends.sqlite.engine import open_database
from recorded_transcripts import copied


@pytest.fixture
def claude(tmp_path):
    """What `~/.claude` holds, written long ago."""
    return copied("claude-code-2.1", tmp_path / "claude")


@pytest.fixture
def codex(tmp_path):
    """What `~/.codex` holds, written long ago."""
    return copied("codex-0.169", tmp_path / "codex")


@pytest.fixture
def index_of():
    """An index of a place, in memory (or in a file), brought up to date."""
    opened = []

    def index(root, place=None):
        found = TranscriptIndex(Path(root), FORMATS, open_database(place, truth=False))
        opened.append(found)
        found.refresh()
        return found

    yield index
    for one in opened:
        one.database.close()


@pytest.fixture
def always_walking(monkeypatch):
    """Every look walks through all."""
    monkeypatch.setattr(folder, "_WALK_S", 0.0)
    monkeypatch.setattr(folder, "_SHARE", 0)


@pytest.fixture
def read(monkeypatch):
    """The lines that are taken in, and those of names."""
    found = []
    for module in (taking, codex_names):
        real = module.decoded
        monkeypatch.setattr(module, "decoded", lambda data, real=real: found.append(data) or real(data))
    return found
