"""A run recorded at a place, and what lies there then."""

import flightlog


def kinds(folder):
    """Which storages lie in a data directory."""
    found = {name for name in ("runs", "flightlog.db", "workflows", "spool", ".flightlog") if (folder / name).exists()}
    return found


def record(place, **options):
    with flightlog.open(place, **options) as store:
        with store.run("w", definition="a: 1") as run:
            run.log("hello")
        assert store.runs.get(run.id).logs == 1
    return run.id
