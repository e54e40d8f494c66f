"""Keys of the board of what runs now."""

from .key import Key, Place

LIVE = (
    Key("live.open", "enter", "open", "open", "Look into the run, or fold a group", footer="line", other="fold"),
    Key("live.approve", "y", "answer('approved')", "approve", "Approve what waits", footer="waiting", changes=True),
    Key("live.reject", "n", "answer('rejected')", "reject", "Reject what waits", footer="waiting", changes=True),
    Key(
        "live.watch",
        "w",
        "watch",
        "watch",
        "Tell me when the run ends, fails or asks; or no more",
        footer="going",
        other="unwatch",
    ),
    Key("live.logs", "l", "look('logs')", "logs", "The run's log", footer="run"),
    Key("live.steps", "s", "look('steps')", "steps", "The run's steps", footer="run"),
    Key("live.preview", "v", "preview", "preview", "Show or hide what the run is at"),
)

PLACES = (Place("live", "Live: what runs now", LIVE, beside=("place",)),)
