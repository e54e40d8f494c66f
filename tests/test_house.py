"""The house rules that no reviewer should have to watch: who imports whom, and what importing costs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flightlog.tui.screens.run_tabs import KINDS

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("core", "backends", "tui")


def loaded_after(code: str) -> set[str]:
    """Top-level and flightlog modules loaded in a fresh interpreter after some code."""
    script = code + "\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd="/", check=True)
    return set(done.stdout.split())


def record_a_run(data: Path, storage: str = "sqlite") -> None:
    """One run that is over, in a process that is over. It is in the database: on a busy machine a store may be closed
    before, and then whoever opens it next loads what makes the database and ships the run.
    """
    code = f"""
import flightlog
with flightlog.open({str(data)!r}, storage={storage!r}) as store:
    store.run("triage").finish()
    store.runs.totals()
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/")


def test_importing_core_loads_no_screen_and_no_database():
    files = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / "core").rglob("*.py")]
    names = sorted(".".join(["flightlog", *file.parts]).removesuffix(".__init__") for file in files)
    assert len(names) > 60
    loaded = loaded_after("\n".join(f"import {name}" for name in names))
    assert not loaded & {"textual", "rich", "sqlalchemy", "alembic", "sqlite3", "watchdog", "yaml", "click"}
    assert not {name for name in loaded if name.startswith(("flightlog.backends", "flightlog.tui"))}


def test_a_store_that_only_records_loads_nothing_that_cleans_up():
    later = {"choosing", "undoing", "signing", "retention.plan", "retention.meant"}
    assert loaded_after("import flightlog.core.store") & {f"flightlog.core.{name}" for name in later} == set()


def test_help_and_version_load_neither_screen_nor_database():
    loaded = loaded_after(
        "from click.testing import CliRunner\n"
        "from flightlog.tui.cli.main import main\n"
        "for words in (['--help'], ['--version'], ['ls', '--help']):\n"
        "    result = CliRunner().invoke(main, words)\n"
        "    assert result.exit_code == 0, result.output"
    )
    assert not loaded & {"textual", "rich", "sqlalchemy", "alembic", "watchdog", "genai_prices"}


def test_a_verb_that_acts_loads_no_screen(tmp_path):
    loaded = loaded_after(
        "from click.testing import CliRunner\n"
        "from flightlog.tui.cli.main import main\n"
        f"for words in (['retain', '--apply', '--yes'], ['rm', '--where', 'archived', '--yes'], ['undo', '--yes']):\n"
        f"    CliRunner().invoke(main, [*words, '--data', {str(tmp_path / 'data')!r}])"
    )
    assert not loaded & {"textual", "rich"}


def test_the_first_frame_waits_for_nothing_that_it_does_not_show():
    loaded = loaded_after(
        "from flightlog.tui.cli import browse, main\n"
        "from flightlog.tui.app import FlightlogApp\n"
        "FlightlogApp(lambda: None).get_default_screen()"
    )
    assert not loaded & {"sqlalchemy", "msgspec", "yaml", "alembic", "watchdog", "sqlite3"}
    later = ("flightlog.backends", "flightlog.core.query", "flightlog.core.runs", "flightlog.core.store")
    assert not {name for name in loaded if name.startswith((*later, "flightlog.tui.personal", "flightlog.tui.format"))}


def test_the_first_rows_wait_for_no_engine(tmp_path):
    record_a_run(tmp_path)
    loaded = loaded_after(f"""
import asyncio, threading
from functools import partial
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli import browse, main, opening
from flightlog.tui.cli.options import Settings

settings, over = Settings(data={str(tmp_path)!r}), threading.Event()

def never():
    over.wait()
    raise RuntimeError("the end")

async def look():
    app = FlightlogApp(never, glance=partial(opening.glance, settings))
    async with app.run_test(size=(120, 36)) as pilot:
        for _ in range(3000):
            if hasattr(app, "home") and app.home.run_list.ready:
                break
            await pilot.pause(0.01)
        assert app.home.run_list.ready

asyncio.run(look())
""")
    assert not loaded & {"sqlalchemy", "alembic", "yaml", "watchdog", "zstandard", "plotext", "pygments.lexers"}
    later = ("backends.open", "core.store", "core.repositories", "core.recording")
    assert not {name for name in loaded if name.removeprefix("flightlog.").startswith(later)}


@pytest.fixture(scope="module", params=["sqlite", "file"])
def at_rest(request, tmp_path_factory) -> set[str]:
    """What is loaded while somebody looks at the run list, where one run lies that is over."""
    data = tmp_path_factory.mktemp("data")
    record_a_run(data, request.param)
    return loaded_after(f"""
import asyncio, sys, threading, flightlog
from flightlog.tui.app import FlightlogApp

async def look():
    app = FlightlogApp(lambda: flightlog.open({str(data)!r}))
    async with app.run_test(size=(120, 36)) as pilot:
        for _ in range(3000):
            names = [thread.name for thread in threading.enumerate()]
            if "flightlog.tui.widgets.overview" in sys.modules and "flightlog-warm" not in names:
                break
            await pilot.pause(0.01)
    app.close()

asyncio.run(look())
""")


def test_the_list_holds_no_other_places(at_rest):
    assert {"flightlog.tui.screens.run", "flightlog.tui.widgets.overview"} <= at_rest  # where nearly everybody goes
    others = {f"flightlog.tui.screens.{name}" for name in ("workflows", "space", "costs", "retention", "help")}
    heavy = {"alembic", "yaml", "plotext", "pygments.lexers", "textual.widgets._text_area", "genai_prices"}
    never = {"sqlalchemy.orm", "sqlalchemy.ext.asyncio", "asyncpg", "psycopg", "greenlet", "pydantic"}
    assert at_rest & (others | heavy | never) == set()


def test_the_list_holds_no_other_tab_of_a_run(at_rest):
    tabs = {f"flightlog.tui.widgets.{module}" for module, _ in KINDS.values()}
    assert at_rest & tabs == {"flightlog.tui.widgets.overview"}


def test_the_list_holds_nothing_that_packs_saves_versions_or_looks_after_a_store(at_rest):
    others = (
        "workflows.workflow_files",
        "upkeep.store_upkeep",
        "upkeep.repairs",
        "upkeep.dropping_states",
        "checks",
        "space",
        "operations.engine",
        "operations.shelf",
    )
    later = (*(f"flightlog.backends.{name}" for name in others), "zstandard")
    assert not {name for name in at_rest if name.startswith(later)}


def test_the_list_holds_nothing_that_it_never_asks(at_rest):
    never = {"core.diff", "core.redaction", "tui.screens.exporting", "tui.steps.forest", "backends.joined.parts"}
    assert at_rest & {f"flightlog.{name}" for name in never} == set()


def test_every_module_of_the_rooms_is_imported_under_the_packages_name():
    files = {str(path) for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    twice = [
        name
        for name, module in list(sys.modules.items())
        if (getattr(module, "__file__", None) or "") in files and not name.startswith("flightlog.")
    ]
    assert not twice


def imported(path: Path) -> list[str]:
    """Modules that a file imports by their absolute names."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]


def test_imports_inside_the_rooms_are_relative():
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    absolute = [str(path) for path in files if any(name.split(".")[0] == "flightlog" for name in imported(path))]
    assert len(files) > 100
    assert not absolute


def leads_somewhere(dotted: str) -> bool:
    """Whether a name like `core.text.safe_text` is a module of ours, or something that stands in one."""
    at, parts = ROOT, dotted.split(".")
    while parts and (at / parts[0]).is_dir():
        at /= parts.pop(0)
    if parts and (at / f"{parts[0]}.py").is_file():
        at = at / f"{parts.pop(0)}.py"
    else:
        at /= "__init__.py"
    return not parts or re.search(rf"\b{parts[0]}\b", at.read_text()) is not None


def test_every_module_that_a_comment_or_docstring_names_exists():
    files = [path for room in (*ROOMS, "tests") for path in (ROOT / room).rglob("*.py")]
    names = {path.name for path in files}
    found = []
    for path in files:
        if "tests" not in path.relative_to(ROOT).parts:
            text = path.read_text()
            dotted = re.findall(r"(?<![\w/])(?:core|backends|tui)(?:\.\w+)+", text)
            found += [f"{path}: {name}" for name in dotted if not leads_somewhere(name)]
            plain = re.findall(r"(?<![\w/<(])\w+\.py\b", text)
            found += [f"{path}: {name}" for name in plain if name not in names]
    guides = [ROOT / "README.md", *(path for room in ROOMS for path in (ROOT / room).rglob("*.md"))]
    for path in (*files, *guides):
        named = re.findall(r"(?<![\w/.-])(?:core|backends|tui|tests)/[\w/]+\.(?:py|md)\b", path.read_text())
        found += [f"{path}: {name}" for name in named if not (ROOT / name).is_file()]
    assert not found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_tells_what_each_of_its_folders_is_for(room):
    told = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())) or ""
    there = {f"{path.parent.name}/" for path in (ROOT / room).glob("*/__init__.py")}
    assert set(re.findall(r"(?:^|  )(\w+/)(?= |$)", told, re.MULTILINE)) == there


def test_the_root_holds_the_rooms_and_what_packaging_needs():
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    wanted = {".ci", ".gitignore", "LICENSE", "README.md", "pyproject.toml", "__init__.py", "__main__.py", "py.typed"}
    assert {name.split("/")[0] for name in tracked} == wanted | {*ROOMS, "tests", "screenshots"}


def test_tests_are_no_package():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_what_tests_share_stands_in_no_test():
    # A file of tests that another imports becomes a second module, whose fixtures and marks are not those of the first.
    files = list((ROOT / "tests").rglob("*.py"))
    assert not [f"{path}: {name}" for path in files for name in imported(path) if name.startswith("test_")]


def test_nothing_is_ever_unpickled():
    # `pickletools` lists a pickle's opcodes without loading it; nothing else of the kind is wanted.
    words = ("import pickle\n", "pickle.load", "import marshal", "yaml.load(", "yaml.unsafe_load", "FullLoader")
    found = [
        f"{path.relative_to(ROOT)}: {word.strip()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for word in words
        if word in path.read_text() and "Loader=CSafeLoader" not in path.read_text()
    ]
    assert not found


def test_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
