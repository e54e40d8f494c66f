"""A module that is put off until somebody wants something of it."""

import subprocess
import sys

BEFORE = """
import sys
from flightlog.tui.program.put_off import put_off_plugins
put_off_plugins()
from importlib import metadata
import importlib.metadata
assert metadata is importlib.metadata and "email" not in sys.modules
"""


def after(code: str) -> None:
    subprocess.run([sys.executable, "-c", BEFORE + code], check=True, cwd="/")


def test_it_is_there_for_who_wants_something_of_it():
    after("""
assert metadata.version("sqlalchemy").startswith("2.")
assert importlib.metadata is sys.modules["importlib.metadata"] is not metadata
assert metadata.entry_points is importlib.metadata.entry_points
""")


def test_names_of_it_are_imported_as_ever():
    after("""
from importlib.metadata import PackageNotFoundError, version
try:
    metadata.version("no-such-thing")
except PackageNotFoundError:
    pass
else:
    raise AssertionError
""")


def test_what_is_not_in_it_is_missed():
    after("assert not hasattr(metadata, 'no_such_name') and hasattr(metadata, 'version')")


def test_many_threads_may_want_it_at_once():
    after("""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(16) as pool:
    for found in [pool.submit(metadata.version, "sqlalchemy") for _ in range(64)]:
        assert found.result(60)
""")


def test_plugins_of_sqlalchemy_are_found_where_somebody_names_one():
    after("""
import sqlalchemy
from sqlalchemy.exc import NoSuchModuleError
assert "email" not in sys.modules
try:
    sqlalchemy.create_engine("nosuchdialect://")
except NoSuchModuleError:
    assert "email" in sys.modules
else:
    raise AssertionError
""")


def test_it_stays_as_it_is_where_it_was_read_before():
    script = """
import importlib.metadata as before
from flightlog.tui.program.put_off import put_off_plugins
put_off_plugins()
import importlib.metadata
assert importlib.metadata is before
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd="/")
