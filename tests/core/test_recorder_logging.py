"""A program's own logging goes to its run."""

import logging

import pytest
from flightlog.core.recording.logging_handler import Handler


@pytest.fixture
def logger():
    logger = logging.getLogger("agent.test")
    logger.setLevel(1)
    logger.propagate = False
    yield logger
    logger.handlers.clear()


def test_a_programs_logs_go_to_its_run(store, recorded, logger):
    with store.run("w") as run, run.step("s") as step:
        logger.addHandler(Handler(run))
        logger.warning("%d left", 3, extra={"request_id": "r9", "kind": "api_call", "tenant": "x", "level": 1})
        try:
            raise OSError("away")
        except OSError:
            logger.exception("failed")
        logger.log(5, "faint")
    first, second, third = recorded(run.id, "log")
    assert (first.message, first.level, first.kind, first.request_id) == ("3 left", "WARNING", "api_call", "r9")
    assert first.step == step.id
    assert first.details["tenant"] == "x"
    assert first.details["level"] == 1
    assert first.details["logger"] == "agent.test"
    assert second.level == "ERROR"
    assert "OSError: away" in second.details["error"]["traceback"]
    assert third.level == "DEBUG"


def test_the_handler_never_raises_and_never_feeds_itself(store, recorded, logger, capsys, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", True)
    run = store.run("w")
    handler = Handler(run)
    logger.addHandler(handler)
    ours = logging.getLogger("flightlog.journal")
    ours.addHandler(handler)
    try:
        ours.error("about ourselves")
        # Given to the handler itself, for pytest's own would raise.
        handler.handle(logging.LogRecord("agent", logging.INFO, __file__, 1, "%d and %d", (1,), None))
        assert "not enough arguments" in capsys.readouterr().err
        run.finish()
        logger.info("after the end")
    finally:
        ours.removeHandler(handler)
    assert not recorded(run.id, "log")


def test_a_value_whose_repr_logs_to_the_same_run_is_recorded(store, recorded, logger):
    class Chatty:
        def __repr__(self) -> str:
            logger.info("somebody looks at me")
            return "<chatty>"

    with store.run("w") as run:
        logger.addHandler(Handler(run))
        run.log("look", value=Chatty())
    messages = [entry.message for entry in recorded(run.id, "log")]
    assert sorted(messages) == ["look", "somebody looks at me"]
