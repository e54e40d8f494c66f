"""LangGraph's serialized values, decoded as data: no class is looked up, nothing is ever executed.

Format (langgraph `checkpoint/serde/jsonplus.py`): a row's `type` says how its bytes are meant,
`msgpack`, `json`, `null`, `bytes`, `bytearray` or `pickle`. In msgpack an object is an extension
whose payload is msgpack again: codes 0 to 5 `(module, class, arguments…)`, 6 a NumPy array
`(dtype, shape, order, bytes)`, 7 a snapshot of a delta channel.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import msgspec

from ....core.deep_json import DEEPEST, folded, nested
from ....core.errors import Corrupt
from ....core.events import Json
from ....core.recording.deep_values import deep_json
from . import deep_msgpack

CLASS = "__class__"
"""Key under which the name of a decoded object's class is kept."""

_PLAIN = {"uuid.UUID", "datetime.datetime", "datetime.date", "datetime.time", "decimal.Decimal"}
_LISTS = {"builtins.set", "builtins.frozenset", "collections.deque", "builtins.tuple"}
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, TypeError, LookupError, OverflowError)
_json_bytes = msgspec.json.Encoder(order="deterministic").encode


def decode(kind: str | None, data: bytes | None) -> Json:
    """The plain JSON of a stored value; raises Corrupt. What cannot be shown as JSON is `opaque`."""
    raw = bytes(data or b"")
    if kind == "null" or data is None:
        return None
    try:
        if kind == "msgpack":
            return _plain(_unpack(raw))
        if kind == "json":
            return _plain(_json(raw))
    except _FAULTS as error:
        raise Corrupt(f"a {kind} value that cannot be decoded: {error}") from error
    return opaque(kind or "untyped", raw)


def opaque(kind: str, raw: bytes) -> dict[str, Json]:
    """What is shown of bytes that are kept and never loaded."""
    return {"opaque": kind, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def encode(value: Json) -> bytes:
    """A decoded value as compact JSON with sorted keys: equal values give equal bytes."""
    return _json_bytes(value)


def digest(encoded: bytes) -> str:
    """The digest by which a state's value is known, the same as in a data directory."""
    return hashlib.sha256(encoded).hexdigest()


def class_of(value: Json) -> str:
    """Class name (without module) of a decoded object; empty for plain data."""
    name = value.get(CLASS, "") if isinstance(value, dict) else ""
    return name.rpartition(".")[2] if isinstance(name, str) else ""


def _json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except RecursionError:
        return msgspec.json.decode(folded(raw))


def _unpack(raw: bytes) -> Any:
    try:
        return _unpack_shallow(raw)
    except RecursionError:
        return _unpack_deep(raw)


def _unpack_shallow(raw: bytes | memoryview) -> Any:
    return msgspec.msgpack.decode(raw, ext_hook=lambda code, payload: _extension(code, payload, _unpack_shallow))


def _unpack_deep(raw: bytes | memoryview) -> Any:
    return deep_msgpack.unpack(raw, lambda code, payload: _extension(code, payload, _unpack_deep))


def _extension(code: int, payload: memoryview, unpack: Callable[[memoryview], Any]) -> Any:
    if not 0 <= code <= 7:
        return opaque(f"msgpack extension {code}", bytes(payload))
    value = unpack(payload)
    if code == 7:
        return value
    if code == 6:
        dtype, shape, _order, data = value
        return {CLASS: "numpy.ndarray", "dtype": dtype, "shape": list(shape), **opaque("array", bytes(data))}
    return _object(f"{value[0]}.{value[1]}", value[2])


def _object(name: str, arguments: Any) -> Any:
    if name == "langgraph.types.Send" and isinstance(arguments, (list, tuple)):
        return {CLASS: name, "node": arguments[0], "arg": arguments[1]}
    if name in _PLAIN or (name.startswith("pathlib.") and isinstance(arguments, (list, tuple))):
        return _text(name, arguments)
    if name in _LISTS:
        return arguments
    if isinstance(arguments, dict):
        return {CLASS: name, **arguments}
    return {CLASS: name, "value": arguments}


def _text(name: str, arguments: Any) -> Any:
    if name == "uuid.UUID" and isinstance(arguments, str) and len(arguments) == 32:
        return "-".join((arguments[:8], arguments[8:12], arguments[12:16], arguments[16:20], arguments[20:]))
    if name.startswith("pathlib."):
        parts = [str(part) for part in arguments]
        return "/".join(parts).replace("//", "/", 1) if parts else "."
    if name == "datetime.date" and isinstance(arguments, (list, tuple)):
        return date(*arguments).isoformat()
    if name == "datetime.time" and isinstance(arguments, dict) and arguments.get("tzinfo") is None:
        return time(**arguments).isoformat()
    return arguments if isinstance(arguments, (str, int, float)) else {CLASS: name, "value": arguments}


def _plain(value: Any, depth: int = 0) -> Json:
    """`value` with only what JSON can say: text keys, no bytes, no times; LangChain's JSON objects unwrapped."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (dict, list, tuple)):
        if depth > DEEPEST:
            return nested(deep_json(value, set(), _said))
        if not isinstance(value, dict):
            return [_plain(item, depth + 1) for item in value]
        return _constructed(value, depth) or {str(key): _plain(item, depth + 1) for key, item in value.items()}
    return _said(value)


def _said(value: Any) -> Json:
    """What is no container, text or number, as JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return opaque("bytes", bytes(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _constructed(value: dict[Any, Any], depth: int) -> dict[str, Json] | None:
    """LangChain's JSON form of an object, `{"lc": …, "type": "constructor", "id": […], "kwargs": {…}}`."""
    name, fields = value.get("id"), value.get("kwargs")
    if "lc" not in value or value.get("type") != "constructor" or not isinstance(name, list):
        return None
    if not isinstance(fields, dict):
        fields = {"value": value.get("args")}
    own = {str(key): _plain(item, depth + 1) for key, item in fields.items()}
    return {CLASS: ".".join(str(part) for part in name), **own}
