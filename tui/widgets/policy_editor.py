"""Where a retention policy is written."""

from textual.message import Message

from ..keys import bindings
from .yaml_editor import YamlEditor

EXAMPLE = """\
# What may go, and when: take the # off
# what you want. The first block that
# fits a run decides; any rule in its
# keep keeps it.
#
# retention:
#   - match: "status:completed"
#     keep: {last: 50, daily: 30}
#     then: archive  # or trash, states
#   - match: "status:failed"
#     keep: {within: 90d}
#     then: archive
#   - match: "archived"
#     keep: {within: 365d}
#     then: trash
# minimum: 1     # newest per workflow
# max_size: 5GB  # of live runs
# trash_for: 7d  # then they are purged
# every: 1h      # once applied by hand
"""
"""What a store is shown that has no policy yet."""


class PolicyEditor(YamlEditor):
    """The policy as YAML."""

    BINDINGS = bindings("policy")

    class Leaving(Message):
        """The person goes back to the plan."""

    class Saving(Message):
        """The person wants the policy to be written into its file."""

    class Reverting(Message):
        """The person wants what the file says."""

    def action_leave(self) -> None:
        self.post_message(self.Leaving())

    def action_save(self) -> None:
        self.post_message(self.Saving())

    def action_revert(self) -> None:
        self.post_message(self.Reverting())
