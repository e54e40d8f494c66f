"""A retention policy for the pictures: strict, for what the scripted agents recorded is three hours old."""

STAGED = """\
retention:
  - match: "status:completed"
    keep: {last: 3, hourly: 2}
    then: archive
  - match: "status:failed"
    keep: {within: 1h}
    then: trash
minimum: 1
max_size: 200kB   # what is not archived
trash_for: 7d
every: 1h
"""
