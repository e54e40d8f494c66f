"""What can be wrong with a server is said in one sentence each, and never tells a credential."""

import os
import socket
import subprocess
import sys
import traceback
from urllib.parse import quote

import flightlog
import pytest
from flightlog.backends.postgres import engine
from flightlog.backends.postgres.postgres_errors import unreachable
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.core.annotations import Pinned
from flightlog.core.errors import ConfigError, FlightlogError, NotFound, ReadOnly
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.opening import called
from flightlog.tui.cli.options import Settings
from flightlog.tui.cli.visible import WARNING, has_password
from mirrored import until
from postgres_server import PASSWORD, USER
from sqlalchemy import text

SECRET = "hunter2-sesame"


def said(place: str | None, **options) -> FlightlogError:
    """What is raised to somebody who looks at a place, checked for what every such sentence is."""
    with pytest.raises(FlightlogError) as raised, flightlog.open(place, **options) as store:
        store.runs.query(EVERYTHING)
    error = raised.value
    assert "\n" not in str(error) and error.what
    whole = "".join(traceback.format_exception(error)) + repr(error)
    for secret in (SECRET, PASSWORD, "somebody", f"{USER}:"):
        assert secret not in whole
    return error


@pytest.fixture
def url(new_postgres_url) -> str:
    return new_postgres_url()


@pytest.mark.parametrize(
    "place",
    [
        "postgresql:here",
        f"postgresql://somebody:{SECRET}/x@host/db",
        f"postgresql://somebody:{SECRET}?x@host/db",
        f"postgres://somebody:{SECRET}@host:port/db",
        f"postgresql://somebody:{SECRET}#@host/db",
        f"postgresql://somebody:{SECRET}@host/db extra",
    ],
)
def test_a_wrong_url(place):
    error = said(place)
    assert isinstance(error, ConfigError) and "postgresql://USER@HOST:PORT/DATABASE" in str(error)


def look(place):
    with flightlog.open(place) as store:
        store.workflows.list_all()
        store.metrics.patterns("triage")


@pytest.mark.parametrize("only", ["logs", "workflows", "metrics"])
def test_a_driver_that_is_not_installed(tmp_path, monkeypatch, only):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    (tmp_path / "flightlog.yaml").write_text(f"storage:\n  {only}: {{type: postgres, url: 'postgresql://host/db'}}\n")
    with pytest.raises(ConfigError, match=r"psycopg, which is missing .*pip install 'flightlog\[postgres\]'"):
        look(tmp_path)


def test_an_option_that_is_none(url):
    assert "option" in str(said(f"{url}?hocus={SECRET}"))


def test_a_wrong_password(postgres, url):
    database = url.rpartition("/")[2]
    error = said(f"postgresql://{USER}:{SECRET}@127.0.0.1:{postgres.port}/{database}")
    assert "refuses this user or password" in str(error) and "PGPASSWORD" in str(error)


def test_no_password_at_all(postgres, url):
    error = said(f"postgresql://somebody@127.0.0.1:{postgres.port}/{url.rpartition('/')[2]}")
    assert "PGPASSWORD" in str(error)


def test_no_such_database(postgres):
    error = said(postgres.url("nowhere"))
    assert isinstance(error, NotFound) and "createdb" in str(error)


def test_no_server():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = said(f"postgresql://somebody:{SECRET}@127.0.0.1:{taken.getsockname()[1]}/db")
    assert "no server answers there" in str(error) and "spool" in str(error)


def test_no_such_host():
    error = said(f"postgresql://somebody:{SECRET}@no-such-host.invalid/db")
    assert "host" in str(error)


def test_no_rights(postgres, url):
    postgres.tell("DROP ROLE IF EXISTS guest")
    postgres.tell(f"CREATE ROLE guest LOGIN PASSWORD '{SECRET}'")
    database = postgres.new_database()
    place = f"postgresql://guest:{SECRET}@127.0.0.1:{postgres.port}/{database}"
    assert isinstance(said(place), ReadOnly)
    postgres.drop_database(database)


@pytest.fixture
def guest(postgres, url, monkeypatch) -> str:
    """The URL of a store with a run in it that was left by a silent machine, for a user who may only read."""
    with flightlog.open(url) as store:
        store.run("done").finish()
        left = store.run("left")
        left.log("needle")
        store.runs.totals()
        database = url.rpartition("/")[2]
        postgres.tell("UPDATE spools SET beat = now() - interval '1 day'", database)
        postgres.tell("DROP ROLE IF EXISTS reader")
        postgres.tell(f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'")
        postgres.tell("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database)
        monkeypatch.setenv("XDG_DATA_HOME", os.environ["XDG_DATA_HOME"] + "-of-another-machine")
        yield f"postgresql://reader:{SECRET}@127.0.0.1:{postgres.port}/{database}"
    postgres.tell("DROP OWNED BY reader", database)
    postgres.tell("DROP ROLE reader")


def test_who_may_only_read_reads(guest):
    for options in ({}, {"read_only": True}):
        with flightlog.open(guest, **options) as store:
            assert {run.workflow for run in store.runs.query(EVERYTHING).items} == {"done", "left"}
            assert [entry.message for entry in store.logs.search("needle", EVERYTHING)] == ["needle"]
            assert store.runs.totals().runs == 2 and store.metrics.summary("done").completed == 1
            with pytest.raises(ReadOnly, match=r"may only read here|opened read-only"):
                store.workflows.store("w", "a: 1")
            why = "without --read-only" if options else "may only read here .*ask for the rights"
            with pytest.raises(ReadOnly, match=why):
                store.runs.annotate(Pinned(run=store.runs.recent("done")[0].id))


def test_a_newer_schema(postgres, url):
    database = url.rpartition("/")[2]
    postgres.tell("UPDATE alembic_version SET version_num = '9999'", database)
    for options in ({}, {"read_only": True}):
        assert "newer Flightlog" in str(said(url, **options))
    postgres.drop_database(database)


def test_somebody_else_s_database(postgres):
    name = postgres.new_database()
    postgres.tell("CREATE TABLE theirs (a int)", name)
    assert "none of Flightlog's" in str(said(postgres.url(name)))
    assert postgres.tell("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == [("theirs",)]
    postgres.drop_database(name)


def test_read_only_makes_nothing(postgres):
    name = postgres.new_database()
    assert "no database of Flightlog's" in str(said(postgres.url(name), read_only=True))
    assert postgres.tell("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == []
    postgres.drop_database(name)


def test_read_only_is_kept_by_the_server_itself(url):
    with flightlog.open(url) as store:
        store.run("w").finish()
        assert store.runs.totals().runs == 1
    with flightlog.open(url, read_only=True) as store:
        assert store.runs.totals().runs == 1
        with pytest.raises(ReadOnly):
            store.run("w")


def test_credentials_from_the_environment(postgres, url, monkeypatch):
    monkeypatch.setenv("PGUSER", USER)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with flightlog.open(f"postgresql://127.0.0.1:{postgres.port}/{url.rpartition('/')[2]}") as store:
        assert store.runs.totals().runs == 0


def test_credentials_from_a_passfile(postgres, url, monkeypatch, tmp_path):
    passfile = tmp_path / "passfile"
    passfile.write_text(f"*:*:*:{USER}:{PASSWORD.replace(':', chr(92) + ':')}\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    with flightlog.open(f"postgresql://{USER}@127.0.0.1:{postgres.port}/{url.rpartition('/')[2]}") as store:
        assert store.runs.totals().runs == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("FATAL:  the database system is starting up", "starting or stopping"),
        ("FATAL:  the database system is in recovery mode", "starting or stopping"),
        ("server closed the connection unexpectedly", "the connection to the server was lost"),
        ('connection to server at "10.0.0.9", port 5432 failed: timeout expired', "does not answer"),
        ('FATAL:  database "role" does not exist', "no such database"),
        ('FATAL:  role "database" does not exist', "no such user"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
        ("something new", "cannot be reached"),
    ],
)
def test_words_of_a_server_that_lets_nobody_in(words, said):
    assert said in str(unreachable(OSError(words), "postgresql://h/d"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://ana:{SECRET}@db.example:5433/lab?sslmode=require", "postgresql://db.example:5433/lab"),
        (f"postgres://db.example/lab?user=ana&password={SECRET}", "postgresql://db.example/lab"),
        (f"postgresql:///lab?host=/run/pg&passfile={SECRET}", "postgresql:///run/pg/lab"),
        ("postgresql://[::1]:5432,two:1/lab", "postgresql://[::1]:5432,two:1/lab"),
    ],
)
def test_what_is_shown_of_a_url(url, shown):
    place = ServerUrl(url)
    assert place.name == str(place) == shown and shown in repr(place)
    assert SECRET not in place.key and "/" not in place.key


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_the_command_line_says_it_in_one_line_and_shows_no_credential(postgres, url):
    wrong = f"postgresql://somebody:{SECRET}@127.0.0.1:{postgres.port}/{url.rpartition('/')[2]}"
    for words in (("--data", wrong, "ls"), ("doctor", "--data", wrong), ("costs", "--data", wrong), (wrong, "ls")):
        done = run(*words)
        assert done.returncode in (1, 2, 3)
        for secret in (SECRET, "somebody", "Traceback"):
            assert secret not in done.stdout + done.stderr
        assert done.stderr.count(WARNING) == 1


@pytest.mark.parametrize(
    ("word", "seen"),
    [
        ("postgresql://ana:pw@h/db", True),
        ("postgres://ana:p%40w@h:1,i:2/db?sslmode=require", True),
        ("postgresql://:p/w:x@h/db", True),
        ("--data=postgresql://ana:pw@h/db", True),
        ("postgresql:///db?host=h&password=pw", True),
        ("postgresql://ana:${PW}more@h/db", True),
        ("postgresql://ana:${PW}@h/db", False),
        ("postgresql:///db?password=${PW}", False),
        ("postgresql://ana@h:5432/db", False),
        ("postgresql://h:5432/db?application_name=a@b", False),
        ("postgresql://h/db?passfile=/home/ana/.pgpass", False),
        ("./data:pw@h", False),
        ("name:pw@h", False),
    ],
)
def test_a_password_on_the_command_line_is_known_as_such(word, seen):
    assert has_password(["ls", word]) is seen


def test_whoever_lets_the_environment_tell_the_password_is_not_warned(postgres, url, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    plain = url.replace(quote(PASSWORD, safe=""), "").replace(":@", "@")
    quiet, warned = run("ls", "--json", "--data", plain), run("ls", "--json", "--data", url)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert (warned.returncode, warned.stderr, warned.stdout) == (0, f"flightlog: {WARNING}\n", quiet.stdout)
    monkeypatch.setenv("FLIGHTLOG_DATA", url)
    assert run("ls", "--json").stderr == ""


def test_a_url_is_a_place_like_any_other(postgres, url, monkeypatch):
    with flightlog.open(url) as store:
        store.run("triage", objective="sort").finish()
    monkeypatch.setenv("FLIGHTLOG_DATA", url)
    with flightlog.open() as store:
        store.run("environment").finish()
    listed = run("ls", "--json")
    assert listed.returncode == 0 and "triage" in listed.stdout and "environment" in listed.stdout
    assert run("ls", "--data", url, "--json").stdout == listed.stdout
    for verb in ("config", "doctor"):
        done = run(verb)
        assert done.returncode == 0, done.stdout
        assert ("postgresql://127.0.0.1" in done.stdout) is (verb == "config")
        assert PASSWORD not in done.stdout and USER not in done.stdout


def test_what_a_browser_calls_a_server_before_it_is_open():
    settings = Settings(data=f"postgresql://somebody:{SECRET}@db.example/lab?passfile={SECRET}")
    assert called(settings) == "postgresql://db.example/lab"
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("place", [f"mysql://somebody:{SECRET}@host/db", f"PostgreSQL://somebody:{SECRET}@host/db"])
def test_another_server_is_no_place(place, monkeypatch):
    assert "is no kind of store" in str(said(place))
    monkeypatch.setenv("FLIGHTLOG_DATA", place)
    assert "is no kind of store" in str(said(None))


def test_a_connection_that_is_lost_is_given_back_without_a_traceback(postgres, url, caplog):
    """The pool asks the server to take back what was begun on it, and would log how that failed."""
    pool = engine._engine(ServerUrl(url), "REPEATABLE READ", read_only=True)
    lent = pool.raw_connection()
    (pid,) = lent.cursor().execute("SELECT pg_backend_pid()").fetchone()
    postgres.tell(f"SELECT pg_terminate_backend({pid})")
    until(lambda: not postgres.tell(f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"))
    lent.close()
    assert [record.getMessage() for record in caplog.records] == []
    with pool.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    pool.dispose()
