"""A redacted page: a planted secret is in no byte of it, wherever it was recorded, which says what was masked."""

import json
from contextlib import suppress

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.annotations import Noted
from flightlog.core.redaction import Redactor
from flightlog.tui.cli.main import main

SECRETS = (
    "sk-proj-abcDEF0123456789abcd",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "ana.smith@example.org",
    "postgres://ana:hunter2x@db.example.org/x",
    "postgresql://ana:hunter2x/pw@db/x",
    "postgresql://ana:pw@hunter2x@db/x",
    "postgresql://ana:p/w@hunter2x@db/x",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2x\n-----END RSA PRIVATE KEY-----",
    "password=hunter2x",
    '{"api_key": "hunter2x", "n": 1}',
    "Authorization: Bearer hunter2x.hunter2x",
)
PLANTED = (
    "hunter2x",
    "ana.smith",
    *(text for text in SECRETS if text.isalnum() or text.startswith(("sk-", "ghp", "eyJ"))),
)


@pytest.mark.parametrize("text", SECRETS)
def test_what_looks_like_a_secret_is_masked_and_the_rest_stays(text):
    redactor = Redactor()
    masked = redactor.text(f"before {text} after")
    assert masked.startswith("before ") and masked.endswith(" after")
    assert not any(secret in masked for secret in PLANTED)
    assert redactor.found.total()
    assert redactor.text(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens: 812",
        "sort the inbox",
        "author: ana",
        "risk-free",
        "a@b",
        "the token is gone",
        "http://localhost:8080/users/@ana",
        "http://[::1]:8080/@ana",
        "https://example.org/@ana",
        "http://h:80/a@b",
    ],
)
def test_ordinary_words_stay(text):
    assert Redactor().text(text) == text


def test_keys_named_like_secrets_lose_their_values_and_numbers_stay():
    value = {"apiKey": "x", "DB_PASSWORD": ["x"], "token": "x", "max_tokens": 5, "author": "ana", "customer_id": "c"}
    masked = Redactor(["customer*"]).value(value)
    kept = {key for key, item in masked.items() if item != "[redacted]"}
    assert kept == {"max_tokens", "author"}


def test_a_planted_secret_is_in_no_byte_of_the_page(tmp_path):
    text = " ".join(SECRETS)
    ids = []
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for number in range(2):
            value = {"said": text, "password": "hunter2x", "deep": [{"secret_key": {"a": "hunter2x"}}], "n": number}
            facts = {"name": text, "objective": text, "tags": [text], "meta": value}
            with suppress(ValueError), store.run("triage", **facts) as run:
                for name in ("input", "plan"):
                    run.snapshot(name, value)
                with run.step(text, agent=text, input=value) as step:
                    step.log(text, **value)
                    step.error(text)
                    step.cost(text, input_tokens=1, dollars="0.01")
                    step.output = value
                run.checkpoint(value, label=text)
                run.checkpoint({**value, "password": "hunter2x again", "more": text}, label=text)
                run.message(text, text, value, role=text)
                run.item(1, "failed", error=text)
                run.metric(text, 0.5)
                run.artifact("/x/report", name=text)
                run.approve(text, timeout=0.01)
                raise ValueError(text)
            store.runs.annotate(Noted(run=run.id, text=text, by=text))
            ids.append(run.id)
    for names in (ids[:1], ids):
        plain, masked = (call(tmp_path, *names, *more) for more in ((), ("--redact",)))
        assert all(secret in plain for secret in PLANTED)
        assert not [secret for secret in PLANTED if secret in masked]
        assert "Redacted before it was shared" in masked and "value of a secret key" in masked
        assert "triage" in masked
    told = CliRunner().invoke(
        main,
        [
            "export",
            ids[0],
            "--data",
            str(tmp_path / "data"),
            "--redact-key",
            "said",
            "--json",
            "-o",
            str(tmp_path / "a.html"),
        ],
    )
    assert json.loads(told.stdout)["redacted"] > 10


def call(tmp_path, *words: str) -> str:
    done = CliRunner().invoke(main, ["export", "--data", str(tmp_path / "data"), *words, "-o", "-"])
    assert done.exit_code == 0, (done.output[-300:], done.exception)
    return done.stdout_bytes.decode()
