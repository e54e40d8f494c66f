"""Runs every text of which is hostile: one that the public recorder made, one forged beyond what it would take."""

import json
import typing
from pathlib import Path

import msgspec
from flightlog.backends.journal.layout import Layout
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Tagged
from flightlog.core.ids import new_ulid
from flightlog.core.store import Store

TIME = "2026-11-20T10:00:00.000000Z"


def record(store: Store, text: str) -> str:
    """A failed run with `text` wherever the recorder takes one; returns its id."""
    try:
        with store.run("triage", name=text, objective=text, tags=[text], plan_id=text, meta={text: text}) as run:
            run.graph({text + "1": [], text + "2": [text + "1"]})
            for name in ("plan", "result", "input", "output"):
                run.snapshot(name, {text: [text]})
            with run.step(text, agent=text, kind=text, input={text: text}, meta={text: text}) as step:
                step.log(text, kind=text, request_id=text, **{text: text})
                step.error(text, **{text: {text: [text]}})
                step.cost(model=text, provider=text, input_tokens=7, agent=text)
                step.checkpoint({text: text, "nested": {text: [text, {text: text}]}}, label=text)
                step.checkpoint({text: text + "!", "more": text}, label=text, opaque={text + "?": b"\x80\x04."})
                step.finish(output=text)
            run.message(text, text, {text: text}, role=text)
            run.item(1, "failed", error=text, input=text, output=text)
            # So deep that no path in the text leads out again: nothing can be opened there.
            run.artifact("/nowhere/1/2/3/4/5/" + text.replace("\0", "").encode("utf-8", "replace").decode(), name=text)
            run.metric(text, 0.5)
            run.approve(text, timeout=0, **{text: text})
            raise ValueError(text)
    except ValueError:
        pass
    store.runs.annotate(Noted(run=run.id, text=text, by=text))
    store.runs.annotate(Tagged(run=run.id, tag=text, by=text))
    return run.id


def forge(folder: Path, text: str, *, spooled: bool = False) -> str:
    """A journal of one event of every type, each text in it `text`; returns its id."""
    run = new_ulid()
    path = Layout(folder, spooled=spooled).journal(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in e.TYPES.values() if kind not in (e.RunStarted, e.RunFinished)]
    lines = []
    for seq, kind in enumerate([e.RunStarted, *kinds, e.RunFinished], 1):
        event = _filled(kind, text)
        event |= {"type": kind.__struct_config__.tag, "seq": seq, "t": TIME}
        event |= {"run": run, "format": 1} if kind is e.RunStarted else {}
        event |= {"of": 5} if kind is e.CostPriced else {}
        lines.append(e.seal(json.dumps(event).encode()) + b"\n")
    path.write_bytes(b"".join(lines))
    return run


def _filled(kind: type, text: str) -> dict[str, object]:
    hints = typing.get_type_hints(kind, include_extras=False)
    return {field.name: _value(hints[field.name], text) for field in msgspec.structs.fields(kind)}


def _value(hint: object, text: str) -> object:
    origin, of = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return "failed" if "failed" in of else of[-1]
    if origin is list:
        return [_value(of[0], text)]
    if origin is dict:
        return {text: _value(of[1], text)}
    if of:  # a count, or a union with None
        return _value(next(part for part in of if part is not type(None)), text)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _filled(hint, text)
    plain: dict[object, object] = {str: text, int: 1, float: 0.5, bool: True}
    return plain.get(hint, {text: [text]})
