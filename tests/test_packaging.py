"""What a stranger installs is what lies in the tree: sdist → wheel → clean environment → it runs."""

import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("core", "backends", "tui")


def package_files() -> set[str]:
    """Every file of the package as the tree has it, by its path inside the package."""
    found = {"__init__.py", "__main__.py", "py.typed"}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(path.relative_to(ROOT).as_posix())
    return found


def test_every_folder_with_code_is_listed_in_pyproject():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {Path(name).parent for name in package_files() if name.endswith(".py")}
    wanted = {".".join(["flightlog", *folder.parts]) for folder in folders}
    assert wanted == listed


def test_no_file_names_a_machine_path_or_a_registry_host():
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    home = str(Path.home())
    bad = re.compile("|".join([r"https?://\S*/simple\b", re.escape(str(ROOT.parent)) + "/", re.escape(home) + "/"]))
    found = [
        f"{name}: {match.group()}"
        for name in tracked
        if (match := bad.search((ROOT / name).read_text(errors="replace")))
    ]
    assert len(tracked) > 50
    assert not found


@pytest.mark.heavy
def test_sdist_to_wheel_to_a_clean_environment(tmp_path):
    subprocess.run([sys.executable, "-m", "build", "--outdir", tmp_path, ROOT], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    (sdist,) = tmp_path.glob("*.tar.gz")

    in_wheel = {
        name.removeprefix("flightlog/") for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name
    }
    assert in_wheel == package_files()
    with tarfile.open(sdist) as archive:
        top = archive.getnames()[0].split("/")[0]
        in_sdist = {name.removeprefix(f"{top}/") for name in archive.getnames()}
    assert package_files() <= in_sdist

    home = tmp_path / "clean"
    venv.create(home, with_pip=True)
    subprocess.run([home / "bin/pip", "install", "-q", wheel], check=True, capture_output=True)
    done = subprocess.run([home / "bin/flightlog", "--version"], capture_output=True, text=True, cwd=tmp_path)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert done.stdout.split()[-1] == version, done.stderr
    recorded = subprocess.run(
        [home / "bin/flightlog", "demo", "--headless", "8", "--data", tmp_path / "data"], capture_output=True, text=True
    )
    assert recorded.returncode == 0, recorded.stderr
    listed = subprocess.run(
        [home / "bin/flightlog", "ls", "--ids", "--data", tmp_path / "data"], capture_output=True, text=True
    )
    assert listed.stdout.split(), listed.stderr
