"""`flightlog.yaml`: what it may say, and how a mistake is told."""

import errno
import os
from datetime import date
from pathlib import Path

import pytest
from flightlog.backends.configuration.config_file import load_config, load_retention
from flightlog.backends.configuration.effective_config import configuration
from flightlog.backends.configuration.following import Followed
from flightlog.backends.configuration.policies import budgets_of, policy_of
from flightlog.backends.moving.ends import known_place, settings_of
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.core.budgets import EACH, budget_of
from flightlog.core.config import Config, Source, Storage
from flightlog.core.errors import ConfigError, StorageError
from flightlog.core.retention.policy import Block, Keep, Policy
from flightlog.core.text import masked
from hypothesis import given
from hypothesis import strategies as st

WHOLE = """
storage:
  workflows: {type: file, path: defs}
  logs:      {type: sqlite}
  metrics:   {type: sqlite, path: /srv/metrics.db}
  mirror:    {type: file, path: "${HOME}/mirror"}
archive: {path: cold}
sources:
  - {type: langgraph, path: checkpoints.sqlite}
budgets:
  - {query: "session:${WHO}", per: day, max: 20.00}
retention:
  - match: "status:completed"
    keep: {last: 50, within: 14d}
    then: archive
minimum: 1
max_size: 5GB
trash_for: 7d
every: 1h
"""
ENVIRON = {"HOME": "/home/ana", "WHO": "ana"}


def loaded(folder: Path, text: str, **environ: str) -> Config:
    (folder / "flightlog.yaml").write_text(text)
    return load_config(folder, environ=ENVIRON | environ)


def test_a_whole_configuration(tmp_path):
    config = loaded(tmp_path, WHOLE)
    assert config.file == str(tmp_path / "flightlog.yaml")
    assert config.workflows == Storage(type="file", path=str(tmp_path / "defs"))
    assert config.logs == Storage(type="sqlite", path=str(tmp_path / "flightlog.db"))
    assert config.metrics == Storage(type="sqlite", path="/srv/metrics.db")
    assert config.mirror == Storage(type="file", path="/home/ana/mirror")
    assert config.archive == str(tmp_path / "cold")
    assert config.sources == (Source(type="langgraph", path=str(tmp_path / "checkpoints.sqlite")),)
    assert config.policies["budgets"] == [{"query": "session:ana", "per": "day", "max": 20.0}]
    assert budgets_of(config) == (budget_of("session:ana", "day", 20),)
    assert budgets_of(loaded(tmp_path, "budgets: [{query: 'log:x', per: day, max: 1}]"))[0].query == "log:x"
    assert [budgets_of(loaded(tmp_path, f"budgets: [{{per: {per}, max: 1}}]"))[0].per for per in EACH] == [*EACH]
    assert budgets_of(loaded(tmp_path, "budgets: [{per: week, max: 0.1, warn: 0.5}]"))[0].warn_nanousd == 50_000_000
    assert config.policies["retention"][0]["keep"] == {"last": 50, "within": "14d"}
    assert config.policies["max_size"] == "5GB"


def test_a_policy_is_read_into_the_rules_of_retention(tmp_path):
    keep = Keep(last=50, within="14d")
    block = Block(match="status:completed", keep=keep, then="archive")
    assert policy_of(loaded(tmp_path, WHOLE)) == Policy(blocks=(block,), minimum=1, max_size="5GB")
    assert policy_of(loaded(tmp_path, "max_runs: 9\nminimum: 0")) == Policy(minimum=0, max_runs=9)
    assert policy_of(loaded(tmp_path, "minimum: 3\ntrash_for: 7d")) is None
    (tmp_path / "mine.yaml").write_text("retention:\n- {match: 'tag:${WHO}', then: states}\n")
    alone = load_retention(tmp_path / "mine.yaml", {"WHO": "ana"})
    assert policy_of(alone) == Policy(blocks=(Block(match="tag:ana", then="states"),))
    (tmp_path / "mine.yaml").write_text("storage: {}\n")
    with pytest.raises(ConfigError, match=r"'storage' is no key .*mine\.yaml: storage.*allowed are retention, minimum"):
        load_retention(tmp_path / "mine.yaml", {})


def test_each_setting_tells_where_it_came_from(tmp_path):
    rows = loaded(tmp_path, WHOLE).rows()
    assert ("storage.logs.type", "sqlite", str(tmp_path / "flightlog.yaml")) in rows
    assert ("archive.path", str(tmp_path / "cold"), str(tmp_path / "flightlog.yaml")) in rows
    assert ("config", str(tmp_path / "flightlog.yaml"), "found in the data directory") in rows
    assert (
        "storage.mirror.path",
        "/home/ana/mirror",
        f"{tmp_path / 'flightlog.yaml'} with HOME of the environment",
    ) in rows
    assert next(origin for key, _, origin in rows if key == "budgets").endswith("with WHO of the environment")
    assert {key for key, _, _ in rows} >= {"storage.mirror.path", "sources[0].path", "budgets", "retention", "every"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "storage: {}\nsources: []\n"])
def test_an_empty_file_sets_nothing(tmp_path, text):
    config = loaded(tmp_path, text)
    assert config.rows() == [("config", str(tmp_path / "flightlog.yaml"), "found in the data directory")]
    assert config == Config(file=config.file, origins=config.origins)


def test_without_a_file_nothing_is_set(tmp_path):
    assert load_config(tmp_path, environ={}) == Config()
    assert load_config(tmp_path / "not there", environ={}) == Config()


def test_the_option_goes_before_the_variable_and_this_before_the_folder(tmp_path):
    folder, other = tmp_path / "data", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    for place, name in ((folder, "in-folder"), (other, "by-variable")):
        (place / "flightlog.yaml").write_text(f"archive: {{path: {name}}}")
    (other / "mine.yaml").write_text("archive: {path: by-option}")
    environ = {"FLIGHTLOG_CONFIG": str(other / "flightlog.yaml")}
    assert load_config(folder, environ={}).archive == str(folder / "in-folder")
    assert load_config(folder, environ=environ).archive == str(folder / "by-variable")
    assert load_config(folder, other / "mine.yaml", environ).archive == str(folder / "by-option")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("storag: {}", "'storag' is no key ({file}: storag); did you mean 'storage'? allowed are storage, archive,"),
        ("storage: {log: {type: file}}", "'log' is no key of storage ({file}: storage.log); did you mean 'logs'?"),
        ("storage: {logs: {typ: file}}", "({file}: storage.logs.typ); did you mean 'type'? allowed are type, path"),
        (
            "storage: {logs: {type: sqlit}}",
            "'sqlit' is not allowed ({file}: storage.logs.type); did you mean 'sqlite'?",
        ),
        ("storage: {logs: {path: x}}", "is missing ({file}: storage.logs.type); allowed are file, sqlite"),
        ("storage: {logs: {type: postgres}}", "is missing ({file}: storage.logs.url); write postgresql://USER:"),
        ("storage: {logs: {type: postgres, path: x}}", "'path' is no key of storage.logs with type postgres"),
        ("storage: {logs: {type: sqlite, url: x}}", "'url' is no key of storage.logs with type sqlite"),
        (
            "storage: {mirror: {type: sqlite}}",
            "'sqlite' is not allowed ({file}: storage.mirror.type); allowed are file",
        ),
        ("storage: {logs: sqlite}", "a mapping is wanted, found 'sqlite' ({file}: storage.logs)"),
        ("storage: [file]", "a mapping is wanted, found a list ({file}: storage)"),
        ("storage: {logs: {type: file, path: 7}}", "a text is wanted, found 7 ({file}: storage.logs.path)"),
        ("storage: {logs: {type: file, path: ''}}", "'' is no path ({file}: storage.logs.path)"),
        ("sources: {type: langgraph}", "a list is wanted, found a mapping ({file}: sources)"),
        ("sources: [{type: langgraph}]", "is missing ({file}: sources[0].path)"),
        ("sources: [{type: langraph, path: x}]", "did you mean 'langgraph'?"),
        ("archive: {}\nminimum: true", "a whole number is wanted, found True ({file}: minimum)"),
        ("archive: {path: '${NOT_SET}/x'}", "the environment variable NOT_SET is not set ({file}: archive.path)"),
        ("budgets: [{query: '${NOT_SET}', per: day, max: 1}]", "({file}: budgets[0].query)"),
        ("budgets: [{per: day}]", "is missing ({file}: budgets[0].max); give a number above 0"),
        ("budgets: [{per: dy, max: 1}]", "'dy' is not allowed ({file}: budgets[0].per); did you mean 'day'?"),
        ("budgets: [{per: runs, max: 1}]", "'runs' is not allowed ({file}: budgets[0].per); did you mean 'run'?"),
        ("budgets: [{per: 7, max: 1}]", "a text is wanted, found 7 ({file}: budgets[0].per)"),
        ("budgets: [{per: day, max: .nan}]", "nan is no sum of dollars ({file}: budgets[0].max)"),
        ("budgets: [{per: day, max: 1.0e-10}]", "1e-10 is no sum of dollars ({file}: budgets[0].max)"),
        ("budgets: [{per: day, max: 1.0e+10}]", "10000000000.0 is no sum of dollars ({file}: budgets[0].max)"),
        ("budgets: [{per: day, max: 1, warn: 80}]", "80 is no part ({file}: budgets[0].warn); give a number above 0"),
        ("budgets: [{per: day, max: 1, warn: true}]", "True is no part ({file}: budgets[0].warn)"),
        ("budgets: [{per: day, max: 1, max_: 2}]", "'max_' is no key of a budget ({file}: budgets[0].max_); did you"),
        ("budgets: [{query: 'statsu:failed', per: day, max: 1}]", "({file}: budgets[0].query)"),
        ("retention: []", "an empty policy keeps everything ({file}: retention)"),
        ("retention: [{then: archive}]", "is missing ({file}: retention[0].match)"),
        ("retention: [{match: archived}]", "is missing ({file}: retention[0].then); allowed are archive, trash"),
        (
            "retention: [{match: 'a', keep: {last: 0}, then: trash}]",
            "0 is less than 1 ({file}: retention[0].keep.last)",
        ),
        (
            "retention: [{match: 'a', keep: {within: ever}, then: trash}]",
            "({file}: retention[0].keep.within); a length",
        ),
        (
            "retention: [{match: 'a', then: trsh}]",
            "'trsh' is not allowed ({file}: retention[0].then); did you mean 'trash'? allowed are archive, trash,",
        ),
        ("retention: [{match: '', then: trash}]", "takes every run there is ({file}: retention[0]); give it a rule in"),
        (
            "retention: [{match: a, then: trash}, {match: 'status:complete', then: trash}]",
            "did you mean completed? ({file}: retention[1].match); `?` in the browser",
        ),
        (
            "retention: [{match: a, keep: {dayly: 3}, then: trash}]",
            "'dayly' is no key of keep ({file}: retention[0].keep.dayly); did you mean 'daily'? allowed are last",
        ),
        ("max_runs: 0", "0 is less than 1 ({file}: max_runs)"),
        ("max_size: 5 apples", "'5 apples' cannot be read ({file}: max_size); a size is wanted"),
        ("trash_for: 0d", "'0d' is nothing ({file}: trash_for)"),
        ("minimum: -1", "-1 is less than 0 ({file}: minimum)"),
        ("- 1", "a mapping is wanted, found a list ({file})"),
        ("archive: {path: a}\narchive: {path: b}", "line 2 has the key 'archive' for the second time ({file})"),
        ("a: &x 1\nb: *x", "an alias (*x) ({file}); write the value out instead"),
        ("archive: {path: a", "not YAML that can be read: line"),
        ("!!python/object/apply:os.system [x]", "not YAML that can be read"),
        ("5: x", "5 is no key ({file}: 5)"),
        ("every: \x00", "not YAML that can be read"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_key_and_what_is_allowed(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    line = str(caught.value)
    assert says.replace("{file}", str(tmp_path / "flightlog.yaml")) in line
    assert "\n" not in line
    assert str(tmp_path / "flightlog.yaml") in line


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path, tmp_path / "mine.yaml", {})
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        load_config(tmp_path, environ={"FLIGHTLOG_CONFIG": str(tmp_path / "mine.yaml")})


def test_what_is_no_text_file(tmp_path):
    path = tmp_path / "flightlog.yaml"
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path, environ={})
    path.rmdir()
    path.write_bytes(b"a: \xff")
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(byte 3\)"):
        load_config(tmp_path, environ={})
    path.write_bytes(b"a: " + b"x" * 3_000_000)
    with pytest.raises(ConfigError, match="at most 1,000,000"):
        load_config(tmp_path, environ={})


def test_a_variable_is_put_in_once_and_can_be_written_as_itself(tmp_path):
    config = loaded(tmp_path, "archive: {path: '/${A}-$${B}-$C-${}'}", A="${B}", B="no")
    assert config.archive == "/${B}-${B}-$C-${}"


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "flightlog.yaml").write_bytes(b"\xef\xbb\xbfarchive: {path: a}\n")
    assert load_config(tmp_path, environ={}).archive == str(tmp_path / "a")


# --- servers ----------------------------------------------------------------------------------------------

SERVER = "storage: {logs: {type: postgres, url: 'postgresql://ana:${PW}@db.example:5433/flights?sslmode=require'}}"


def test_the_url_of_a_server_takes_its_password_from_the_environment_and_never_shows_it(tmp_path):
    config = loaded(tmp_path, SERVER, PW="s3cr/t@%")
    assert config.logs and config.logs.url == "postgresql://ana:s3cr%2Ft%40%25@db.example:5433/flights?sslmode=require"
    rows = {key: (value, origin) for key, value, origin in config.rows()}
    assert rows["storage.logs.url"] == (
        "postgresql://db.example:5433/flights",
        f"{tmp_path / 'flightlog.yaml'} with PW of the environment",
    )
    assert "s3cr" not in f"{config!r} {config} {config.rows()} {config.logs}"


def test_the_schema_that_a_url_asks_for_is_shown_with_it(tmp_path):
    url = "postgresql://u:p@h/d?sslmode=require&options=-csearch_path%3Dflights"
    config = loaded(tmp_path, f"storage: {{logs: {{type: postgres, url: '{url}'}}}}")
    assert ("storage.logs.url", "postgresql://h/d, schema flights") in [row[:2] for row in config.rows()]
    assert ServerUrl(url).name == "postgresql://h/d, schema flights"
    named = configuration(url)
    assert named.logs and named.logs.shown == "postgresql://h/d, schema flights"


def test_a_whole_url_may_be_in_the_environment(tmp_path):
    config = loaded(tmp_path, "storage: {metrics: {type: postgres, url: '${URL}'}}", URL="postgres://u:p%40w@h/d")
    assert config.metrics and config.metrics.url == "postgres://u:p%40w@h/d"
    assert config.metrics.shown == "postgres://h/d"


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "mysql://ana:hunter2@host/db",
        "postgresql://ana:hunter2@host",
        "postgresql://ana:hunter2@host/",
        "postgresql://ana:hunter2@host:port/db",
        "postgresql://ana:hun/ter2@host/db",
        "postgresql://ana:hunter2#@host/db",
        "postgresql://ana:hunter2@host/d b",
        "postgresql://ana:hunter2@[host/db",
        "postgresql://ana:hunter2@host:0/db",
    ],
)
def test_a_wrong_url_is_one_line_that_quotes_nothing_of_it(tmp_path, url):
    for text in (f'"{url}"', "'${URL}'"):
        with pytest.raises(ConfigError) as caught:
            loaded(tmp_path, f"storage: {{logs: {{type: postgres, url: {text}}}}}", URL=url)
        line = str(caught.value)
        assert "storage.logs.url" in line and "postgresql://USER:" in line and "\n" not in line
        assert "hun" not in line and "ter2" not in line


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("postgresql://u:p@h/d", "postgresql://h/d"),
        ("postgresql://u%40x:p%2Fq@h:5432/d", "postgresql://h:5432/d"),
        ("postgresql://u@h/d?password=p&x=1@2", "postgresql://h/d"),
        ("postgresql://h/d", "postgresql://h/d"),
        ("postgresql:///d?host=/run", "postgresql:///d"),
        ("postgresql://u:pass?word@h/d", "postgresql://…"),
        ("postgresql://u:pass?a=b@h/d", "postgresql://…"),
        ("postgresql://u:pa@ss?word@h/d", "postgresql://…"),
        ("postgresql://u:pa@ss/word@h/d?x=1", "postgresql://h/d"),
        ("postgresql:u:p@h/d", "postgresql:h/d"),
        ("postgres:/u:p@h/d", "postgres:/h/d"),
        ("postgresql.d/a@b", "postgresql.d/a@b"),
        ("PostgreSQL://u:p@h/d", "PostgreSQL://h/d"),
        ("file:a@b?c", "file:a@b?c"),
    ],
)
def test_neither_user_nor_options_are_shown(url, seen):
    assert masked(url) == seen


def test_what_an_environment_variable_holds_is_in_no_mistake(tmp_path):
    for text in ("storage: {logs: {type: '${SECRET}'}}", "archive: {path: '${SECRET}\\0'}", "max_size: '${SECRET}'"):
        with pytest.raises(ConfigError) as caught:
            loaded(tmp_path, text.replace("\\0", ""), SECRET="hunter2\0")
        assert "hunter2" not in str(caught.value) and "${SECRET}" in str(caught.value)


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just(date(2026, 1, 1))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["storage", "logs", "type", "path", "archive", "sources", "x", "a\nb"]), inner, max_size=3
        ),
    ),
)


@given(plain)
def test_whatever_it_says_it_is_read_or_one_mistake_is_told(tmp_path_factory, found):
    import yaml

    folder = tmp_path_factory.mktemp("config")
    told = str(folder)
    try:
        assert loaded(folder, yaml.safe_dump(found))
    except ConfigError as error:
        told = str(error)
    assert "\n" not in told
    assert str(folder) in told


@pytest.mark.parametrize(
    ("number", "error"), [(errno.EIO, StorageError), (errno.ENOSPC, StorageError), (errno.EACCES, ConfigError)]
)
def test_a_disk_that_fails_is_no_mistake_in_the_configuration(tmp_path, monkeypatch, number, error):
    (tmp_path / "flightlog.yaml").write_text("storage: {logs: {type: file}}")
    followed = Followed(known_place(tmp_path), settings_of(known_place(tmp_path)))
    os.utime(tmp_path / "flightlog.yaml", (0, 0))
    real = Path.open

    def refused(path, *rest, **options):
        if path.name == "flightlog.yaml":
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *rest, **options)

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(error) as raised:
        load_config(tmp_path)
    assert isinstance(raised.value, ConfigError) == (error is ConfigError)
    assert os.strerror(number) in str(raised.value) and str(tmp_path / "flightlog.yaml") in str(raised.value)
    assert followed.moved() == "", "who records goes on"
