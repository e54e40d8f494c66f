"""The artifacts tab: real programs open real files by argument list, and never write to them."""

import contextlib
import os
import shlex
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from flightlog.core.errors import FlightlogError
from flightlog.core.runs import Artifact
from flightlog.core.store import Store
from flightlog.tui.parts.artifact_files import (
    LOOKED_AT,
    copyable,
    is_text,
    left_behind,
    program,
    show,
    to_edit,
    to_page,
)
from reading import opened, screen_of, settled, text_of, wait
from recorded import NASTY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def artifact(path: Path | str, **more: object) -> Artifact:
    return Artifact(run="r", seq=1, t="", name="a", path=str(path), **more)


def why_not(job: object, *given: object) -> str:
    with pytest.raises(FlightlogError) as error:
        job(*given)
    return str(error.value)


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of the pager and the editor: writes down what it was given, and to the file itself."""
    script = tmp_path / "a program"
    script.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        f"open({str(tmp_path / 'told')!r}, 'a').write(repr(sys.argv[1:]) + os.environ.get('LESSSECURE', '') + '\\n')\n"
        "if '--write' in sys.argv: open(sys.argv[-1], 'a').write('mine')\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PAGER", f"{shlex.quote(str(script))} '--two words' '$(touch no)'")
    monkeypatch.setenv("EDITOR", f"{shlex.quote(str(script))} --write")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / "told"


def test_a_program_is_called_by_its_words_and_a_missing_one_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "vi -n 'two words'; touch x")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "vi").write_text("")
    (tmp_path / "vi").chmod(0o755)
    assert program("VISUAL", "EDITOR", otherwise="no") == ["vi", "-n", "two words;", "touch", "x"]
    monkeypatch.setenv("EDITOR", "is-not-there -x")
    assert "there is no program 'is-not-there' ($EDITOR); set $EDITOR" in why_not(
        lambda: program("VISUAL", "EDITOR", otherwise="no")
    )
    monkeypatch.setenv("EDITOR", "'open")
    assert "is no command line" in why_not(lambda: program("VISUAL", "EDITOR", otherwise="no"))
    monkeypatch.setenv("EDITOR", " ")
    assert "$EDITOR is not set" in why_not(lambda: program("VISUAL", "EDITOR", otherwise="nor-this"))


def test_what_is_no_text_file_is_said_in_a_sentence(tmp_path, writer):
    picture, pipe, gone = tmp_path / "a.png", tmp_path / "pipe", tmp_path / "gone"
    picture.write_bytes(b"\x89PNG\0\0")
    os.mkfifo(pipe)
    assert "it is no text (image/png, 6 B)" in why_not(to_page, artifact(picture, media_type="image/png"))
    assert "it is no file" in why_not(to_page, artifact(pipe))  # and nobody waits for a writer
    assert "it is no file" in why_not(to_edit, artifact(tmp_path))
    assert "is not there (any more)" in why_not(to_edit, artifact(gone))
    assert "does not say where it lies" in why_not(to_page, artifact("-rf"))
    assert "does not say where it lies" in why_not(to_page, artifact("/tmp/\0"))
    assert "should not be pasted" in why_not(copyable, artifact("/tmp/" + NASTY))


def test_text_may_be_cut_in_the_middle_of_a_sign():
    assert is_text(b"")
    assert is_text(("x" * (LOOKED_AT - 1) + "ü").encode()[:LOOKED_AT])
    assert not is_text(("x" * 100 + "ü").encode()[:-1])
    assert not is_text(b"\xff\xfe" * (LOOKED_AT // 2))


def test_an_editor_gets_a_copy_that_is_kept_if_it_was_changed(tmp_path, writer, monkeypatch):
    report = tmp_path / "-report .md"
    report.write_text("as the run made it")
    found = to_edit(artifact(report, size=3))
    assert found.remark == "it had 3 bytes when the run made it, it has 18 now"
    assert stat.S_IMODE(os.stat(os.path.dirname(found.path)).st_mode) == 0o700
    show(found)
    kept = left_behind(found)
    assert Path(kept).name == "-report .md"
    assert Path(kept).read_text() == "as the run made itmine"
    assert report.read_text() == "as the run made it"
    monkeypatch.setenv("EDITOR", os.environ["EDITOR"].removesuffix("--write"))
    found = to_edit(artifact(report))
    show(found)
    assert left_behind(found) == ""
    assert not os.path.exists(os.path.dirname(found.path))


async def test_a_file_is_opened_where_it_lies_and_edited_as_a_copy(store, tmp_path, writer, monkeypatch):
    report, picture = tmp_path / "report.md", tmp_path / "b.png"
    report.write_text("# all is well\n")
    picture.write_bytes(b"\x89PNG\0")
    with store.run("w") as run, run.step("write") as step:
        run.artifact(report, media_type="text/markdown")
        run.artifact(picture, media_type="image/png")
        run.artifact("/nowhere/" + NASTY.replace("\0", ""), name=NASTY)
    async with opened(store, run.id, (80, 24), tab="artifacts") as pilot:
        app, copied = pilot.app, []
        monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        assert "report.md" in text_of(pilot)
        assert "14 B" in text_of(pilot)
        assert screen_of(pilot).tab.found.artifacts[0].sha256[:8] in text_of(pilot)
        await pilot.press("enter")  # on the first file, and not on the titles above it
        await wait(pilot, writer.exists)
        assert writer.read_text() == repr(["--two words", "$(touch no)", str(report)]) + "1\n"
        await pilot.press("E")
        await wait(pilot, lambda: app.told)
        assert app.told[-1].startswith("The file is as it was; what you changed is in ")
        assert report.read_text() == "# all is well\n"
        await pilot.press("y")
        assert copied == [str(report)]
        await pilot.press("j", "enter")
        await wait(pilot, lambda: "it is no text (image/png, 5 B)" in app.told[-1])
        await pilot.press("j", "E")
        await wait(pilot, lambda: "is not there (any more)" in app.told[-1])
        assert app.told[-1].isprintable()
        await pilot.press("y")
        assert "should not be pasted" in app.told[-1]
        await pilot.press("g", "j", "space")
        await settled(pilot)
        assert "14 bytes" in text_of(pilot)
        await pilot.press("j", "j", "j", "j", "j", "j", "enter")
        await wait(pilot, lambda: screen_of(pilot).current == "steps")
        await settled(pilot)
        assert screen_of(pilot).tab.lines.current.node.target == step.id


async def test_a_terminal_that_cannot_be_handed_over_is_said(store, tmp_path, writer):
    report = tmp_path / "report.md"
    report.write_text("text")
    with store.run("w") as run:
        run.artifact(report)
    async with opened(store, run.id, tab="artifacts") as pilot:
        await pilot.press("enter")
        await wait(pilot, lambda: pilot.app.told == ["This terminal cannot be handed to another program"])
    assert not writer.exists()
