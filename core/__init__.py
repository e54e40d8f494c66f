"""The words and the rules of Flightlog; knows nothing of SQL, paths or screens.

A module at the top is a word of the design (`runs.py`, `workflows.py`, `costs.py`, …), a contract (`store.py`,
`feed.py`, `config.py`, `errors.py`), or something small that many need (`clock.py`, `ids.py`, `text.py`,
`progress.py`). The rooms:

    events/        what can be recorded about a run: a struct for each kind, and the line that it becomes
    recording/     what an agent calls: runs, steps, rows, checkpoints, approvals, prices
    repositories/  what a store can be asked and told: the interfaces that backends implement
    query/         the query language, and which runs a query matches
    retention/     what a policy would do with every run, and carrying that out
    scoping/       a store that knows the runs of one session or project alone
    comparing/     runs beside each other: which steps belong together, what differs
    numbers/       arithmetic: percentiles, rates, intervals, with which version a figure rose
"""
