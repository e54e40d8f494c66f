"""What became of a value from one state to another: its sign, and the ink of that."""

from typing import Literal

Kind = Literal["added", "removed", "changed", "same"]

SIGN = {"added": "+", "removed": "-", "changed": "~", "same": " "}
INK = {"added": "good", "removed": "bad", "changed": "warn", "same": "text"}
