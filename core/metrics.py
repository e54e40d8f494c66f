"""Patterns: named observations about a workflow."""

import msgspec


class Pattern(msgspec.Struct, kw_only=True, frozen=True):
    """What was observed, how often, when first and last, and the runs that show it."""

    workflow: str
    name: str
    description: str = ""
    count: int = 1
    first_seen: str = ""
    last_seen: str = ""
    evidence: tuple[str, ...] = ()
    """Run ids."""


def merged(old: Pattern, new: Pattern) -> Pattern:
    """Two observations of one workflow and name as one: counts added, evidence joined, the newer words."""
    return Pattern(
        workflow=new.workflow,
        name=new.name,
        description=new.description or old.description,
        count=old.count + new.count,
        first_seen=min(old.first_seen, new.first_seen),
        last_seen=max(old.last_seen, new.last_seen),
        evidence=tuple(dict.fromkeys((*old.evidence, *new.evidence))),
    )
