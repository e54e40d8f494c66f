"""What `check` looks for: each finds one kind of thing that may be wrong, and changes nothing."""
