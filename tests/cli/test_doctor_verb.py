"""`flightlog doctor`: what it finds, and what it puts right."""

import flightlog
from calling import call, lines_of


def test_doctor_finds_a_damaged_line_and_says_so_by_its_exit_code(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage") as run:
        run.info("whole")
    (journal,) = (tmp_path / "data" / "runs").glob("*/*.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"whole", b"wHole"))
    findings = lines_of("doctor", "--json", "--data", tmp_path / "data", code=3)
    assert any("checksum" in finding["what"] for finding in findings)


def test_doctor_puts_right_what_it_finds_and_says_before_what_it_would_do(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage") as run:
        run.info("whole")
    (journal,) = (tmp_path / "data" / "runs").glob("*/*.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"whole", b"wHole"))
    journal.chmod(0o644)
    shown = call("doctor", "--data", tmp_path / "data", code=3)
    assert shown == call("doctor", "--data", tmp_path / "data", code=3)
    assert "[--fix sets the bytes aside]" in shown
    assert "nobody can be asked" in call("doctor", "--fix", "--data", tmp_path / "data", code=2)
    assert journal.stat().st_mode & 0o777 == 0o644
    done = call("doctor", "--fix", "--yes", "--data", tmp_path / "data", code=0)
    assert "damaged-line: " in done
    assert "nothing is wrong any more" in done
    assert b"wHole" not in journal.read_bytes()
    again = lines_of("doctor", "--json", "--data", tmp_path / "data")
    assert {finding["severity"] for finding in again} <= {"note"}
