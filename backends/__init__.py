"""What implements core's interfaces. `open.py` is the door: a place and a configuration become a store.

From an agent's call to the tables that answer questions:

    journal/        a run as a file of lines: what is recorded lands here first, whatever keeps the store
    spool/          journals on their way into a database, and who ships them
    ingest/         reads what is new in journals into query tables
    sql/            all tables, the projector that makes them of events, and every query: once, for all engines
    files/          the store whose journals are the truth, with an index of query tables beside them
    sqlite/         the store in a database file, and what is SQLite's own
    postgres/       the store on a server, and what is PostgreSQL's own
    workflows/      versions of workflows as YAML files; those in a database are in sql/
    watching/       notices that a store has changed

What is somebody else's, and several stores at once:

    sources/        another program's data, read in place as events
    joined/         a store and its sources as one
    mirror/         a second copy of a store, fed beside it
    replay/         carries events from one store into another
    moving/         migrate, backup and verify, which are made of that

What is done with what lies there:

    operations/     archive, trash, undo, purge: one engine, one record of what was done, for files and for tables
    archive/        one compressed file a run, and how it is read
    upkeep/         checks, repairs, dropping states: `core.repositories.upkeep` for every store
    checks/         one module for each kind of thing that may be wrong
    space/          what takes how much room
    configuration/  flightlog.yaml: what is in force at a place, and why
"""
