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


def test_one_kind_one_run_or_one_place_is_put_right_alone(tmp_path):
    runs = []
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for _ in range(2):
            with store.run("triage") as run:
                run.info("whole")
            runs.append(run.id)
    first, second = (next((tmp_path / "data" / "runs").rglob(f"{run}.jsonl")) for run in runs)
    for journal in (first, second):
        journal.write_bytes(journal.read_bytes().replace(b"whole", b"wHole"))
    second.chmod(0o644)
    doctor = ("doctor", "--data", tmp_path / "data", "--only")
    kinds = {finding["kind"] for finding in lines_of(*doctor, runs[1], "--json", code=3)}
    assert kinds == {"damaged-line"}
    mistyped = call(*doctor, "no-such-kind", code=0)
    assert "nothing of that is wrong; what is found is damaged-line, " in mistyped and "permissions" in mistyped
    done = call(*doctor, "damaged-line", "--only", runs[0], "--fix", "--yes", code=0)
    assert "nothing of that is wrong any more" in done and "permissions" not in done
    assert b"wHole" not in first.read_bytes() and b"wHole" in second.read_bytes()
    (left,) = lines_of(*doctor, "damaged-line", "--json", code=3)
    assert left["run"] == runs[1]
    call(*doctor, "permissions", "--only", left["where"], "--fix", "--yes", code=0)  # both hold of nothing
    assert second.stat().st_mode & 0o777 == 0o644
    call(*doctor, left["where"], "--fix", "--yes", code=0)
    assert b"wHole" not in second.read_bytes()


def test_doctor_finds_versions_that_were_edited_by_hand(tmp_path):
    data = tmp_path / "data"
    with flightlog.open(data) as store:
        for text in ("a: 1\n", "a: 2\n", "a: 3\n"):
            store.workflows.store("triage", text)
    call("doctor", "--data", data)
    first, second, _ = sorted((data / "workflows" / "triage").iterdir())
    first.write_text(first.read_text().replace("parents: []", "parents: [3]"))
    second.write_text(second.read_text().replace("a: 2", "a: 22"))
    found = [(row["kind"], row["where"]) for row in lines_of("doctor", "--json", "--data", data, code=3)]
    assert [row for row in found if "triage" in row[1]] == [("damaged-version", "triage@2"), ("odd-lineage", "triage")]
    assert "triage@2" in call("doctor", "--only", "damaged-version", "--data", data, code=3)
