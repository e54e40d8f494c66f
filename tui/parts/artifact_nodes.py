"""Files that a run made, as lines."""

from collections.abc import Mapping, Sequence
from functools import partial

from ...core.runs import Artifact
from .. import format
from ..facts import label
from ..lines import Columns, one_line
from ..trees.nodes import Node

_HEADS = ("name", "size", "type", "sha256", "made", "step", "path")


def artifact_nodes(artifacts: Sequence[Artifact], names: Mapping[str, str]) -> list[Node]:
    """Files in the order they were made."""
    rows = [_artifact_cells(one, names) for one in artifacts]
    columns = Columns(_HEADS, rows, align="lrlllll", wide=6, drop=(5, 4, 2))
    inks = ["strong", "text", "muted", "faint", "muted", "muted", "muted"]
    return [
        Node("head", columns.head, head=True),
        *(
            Node(
                one.seq,
                partial(columns.draw, cells, inks),
                partial(_artifact_detail, one, names),
                target=("file", one.seq),
            )
            for one, cells in zip(artifacts, rows, strict=True)
        ),
    ]


def _artifact_cells(one: Artifact, names: Mapping[str, str]) -> tuple[str, ...]:
    step = names.get(one.step, one.step) if one.step else ""
    return (
        one_line(one.name, 40),
        format.size(one.size),
        one_line(one.media_type, 24),
        one_line(one.sha256, 8) if len(one.sha256) <= 8 else one_line(one.sha256[:8], 8),
        format.clock(one.t),
        one_line(step, 20),
        one_line(one.path, 200),
    )


def _artifact_detail(one: Artifact, names: Mapping[str, str]) -> list[Node]:
    facts = [
        ("path", one_line(one.path, 1000)),
        ("size", f"{one.size:,} bytes" if one.size is not None else "unknown"),
        ("sha256", one_line(one.sha256, 80)),
        ("type", one_line(one.media_type, 80)),
        ("made", format.moment(one.t)),
    ]
    nodes = [Node(name, [label(name), (value, "text")], target=("file", one.seq)) for name, value in facts if value]
    if one.step:
        step = one_line(names.get(one.step, one.step), 80)
        nodes.append(Node("step", [label("step"), (step, "accent")], target=one.step))
    return nodes
