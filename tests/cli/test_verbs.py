"""What holds for every verb: help, mistakes in a sentence, paths, pipes, and no hostile text reaches a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import flightlog
import pytest
from calling import HOSTILE, call, lines_of
from click.testing import CliRunner
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import VERBS, main


def test_config_says_what_is_in_force_and_where_it_came_from(data):
    rows = lines_of("config", "--json", "--data", data)
    assert any(row["key"].startswith("storage.logs") and row["from"] for row in rows)


def test_mistakes_are_one_sentence_and_no_traceback(tmp_path):
    for words, code in (
        (["ls", "--data", str(tmp_path / "nothing")], 1),
        (["browse", str(tmp_path)], 2),
        (["demo", "--headless", "1"], 2),
        (["ls", "--data", str(tmp_path), "--config", str(tmp_path / "none.yaml")], 2),
    ):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == code, (words, result.output)
        assert result.stderr.startswith("flightlog: ") and len(result.stderr.splitlines()) == 1
    assert CliRunner().invoke(main, ["ls", "--nope"]).exit_code == 2


def test_a_word_that_is_neither_verb_nor_file_is_not_opened_as_a_path_with_more_words(tmp_path):
    output = CliRunner().invoke(main, ["stats", "01j9"])
    assert output.exit_code == 2
    assert "there is no verb 'stats'" in output.output and "did you mean 'states'?" in output.output
    alone = CliRunner().invoke(main, ["versoins"])
    assert alone.exit_code == 2 and "did you mean 'versions'?" in alone.output


def unread(*words, stderr=False):
    """Exit code and what is said on stderr of a verb whose output nobody reads."""
    ended, end = os.pipe()
    os.close(ended)
    program = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()", *map(str, words)]
    done = subprocess.run(program, stdout=end, stderr=end if stderr else subprocess.PIPE, check=False, timeout=60)
    os.close(end)
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", [["--help"], ["ls", "--help"], ["--version"], ["ls", "--data"], ["doctor", "--data"]])
def test_who_is_read_no_further_ends_in_silence_and_with_the_exit_code_of_a_closed_pipe(data, words):
    assert unread(*words, *([data] if words[-1] == "--data" else [])) == (141, b"")


def test_what_was_found_and_not_read_does_not_pass_for_nothing_found(data, tmp_path):
    with flightlog.open(tmp_path / "other", storage="file") as store, store.run("triage"):
        pass
    assert unread("verify", data, tmp_path / "other") == (141, b"")


@pytest.mark.parametrize(
    "words", [["show", "nope", "--data"], ["nonsense", "verb"], ["rm", "--where", "", "--yes", "--data"]]
)
def test_who_is_not_even_heard_on_stderr_ends_so_too_and_nothing_was_done(data, words):
    given = [data] if words[-1] == "--data" else []
    with flightlog.open(data) as store:
        before = [run.id for run in store.runs.query(EVERYTHING).items]
    assert unread(*words, *given, stderr=True)[0] == 141
    with flightlog.open(data) as store:
        assert [run.id for run in store.runs.query(EVERYTHING).items] == before != []
    assert not list(Path(os.environ["XDG_STATE_HOME"]).rglob("*.txt"))  # it is no mistake of ours


@pytest.mark.parametrize("words", [["watch"], ["logs", "going", "-f"]])
def test_who_waits_for_more_ends_when_its_reader_went(tmp_path, words):
    with flightlog.open(tmp_path) as store, store.run("triage", name="going"):
        program = [sys.executable, "-m", "flightlog", *words, "--data", str(tmp_path)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
            waiting.stdout.close()
            try:
                assert waiting.wait(timeout=60) == 141
            finally:
                waiting.kill()
            assert waiting.stderr.read() == b""


def test_a_first_word_that_is_no_verb_is_a_path(tmp_path):
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert result.exit_code == 2 and "terminal" in result.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(verb):
    shown = call(verb, "--help")
    assert "Examples:" in shown and f"flightlog {'' if verb == 'browse' else verb}" in shown
    assert "--data" in shown


@pytest.mark.parametrize("words", [["-h"], ["help"]])
def test_help_is_asked_for_in_the_ways_people_are_used_to(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(*words) == call("--help")
    told = call("ls", "-h") if words == ["-h"] else call("help", "ls")
    assert told == call("ls", "--help")
    (tmp_path / "help").mkdir()
    assert "terminal" in CliRunner().invoke(main, ["help"]).stderr


@pytest.mark.parametrize("verb", VERBS)
def test_help_fits_a_narrow_terminal(verb, monkeypatch):
    monkeypatch.setenv("COLUMNS", "44")
    text = call(verb, "--help").partition("Examples:")[0]
    wide = [line for line in text.splitlines() if len(line) > 44 and "|" not in line]
    assert not wide


def test_hostile_text_reaches_no_terminal(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        with store.run("triage", name=HOSTILE, objective=HOSTILE, tags=[HOSTILE]) as run:
            with run.step(HOSTILE, agent=HOSTILE) as step:
                step.log(HOSTILE, kind=HOSTILE, request_id=HOSTILE, **{HOSTILE: HOSTILE})
                step.cost(model=HOSTILE, provider=HOSTILE, input_tokens=1)
            run.checkpoint({HOSTILE: HOSTILE}, label=HOSTILE)
            run.message(HOSTILE, HOSTILE, HOSTILE)
            run.item(1, "failed", error=HOSTILE)
            run.snapshot("plan", HOSTILE)
            run.metric(HOSTILE, 1)
        store.runs.annotate(flightlog.core.annotations.Noted(run=run.id, text=HOSTILE, by=HOSTILE))
        point = store.checkpoints.list(run.id)[0].id
    data = ("--data", tmp_path / "data")
    for words in (
        ("ls",), ("show", run.id), ("logs", run.id), ("search", "INST"), ("states", run.id), ("state", point),
        ("costs", "--by", "model"), ("sessions",), ("workflows",), ("versions", "triage"), ("doctor",), ("config",),
        ("ls", "--json"), ("show", run.id, "--json"), ("logs", run.id, "--json"),
    ):  # fmt: skip
        result = CliRunner().invoke(main, [str(word) for word in (*words, *data)])
        assert result.exit_code in (0, 3), (words, result.output)
        for bad in ("\x1b", "\x07", "\x9b", "\u202e"):
            assert bad not in result.output.replace("\n", ""), (words, repr(bad))
