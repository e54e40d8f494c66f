"""Archives of those who know the format and mean harm: every digest in them is right, and something else is not."""

import hashlib
import struct

import msgspec
import zstandard
from flightlog.backends.archive.flz import END, PREAMBLE, RECORD


def remade(
    whole: bytes, *, change: "dict[str, object] | None" = None, index: bytes | None = None, form: int = 1
) -> bytes:
    """An archive by somebody who knows the format: every digest is right, and something else is not."""
    magic, _, length = PREAMBLE.unpack_from(whole)
    index_at, count, _, _ = END.unpack(whole[-END.size :])
    told = msgspec.json.decode(whole[PREAMBLE.size : PREAMBLE.size + length]) | (change or {})
    manifest = msgspec.json.encode(told)
    shift = len(manifest) - length
    records = [list(record) for record in RECORD.iter_unpack(whole[index_at : index_at + count * RECORD.size])]
    for record in records:
        record[0] += shift
    table = b"".join(RECORD.pack(*record) for record in records) if index is None else index
    head = PREAMBLE.pack(magic, form, len(manifest)) + manifest
    end = struct.pack("<QI", index_at + shift, len(table) // RECORD.size)
    parts = hashlib.sha256(head + table + end).digest()
    out = head + whole[PREAMBLE.size + length : index_at] + table + end + parts
    return out + hashlib.sha256(out).digest()


def member(name: str, size: int = 5, frames: int = 1, sha256: str = "") -> dict[str, object]:
    return {"name": name, "size": size, "sha256": sha256, "frames": frames}


CRAFTED: list[dict[str, object]] = [
    {"members": [member("../../etc/passwd")]},
    {"members": [member("/etc/passwd")]},
    {"members": [member("journal"), member("journal")]},
    {"members": [member("journal", frames=-1), member("states", frames=2)]},
    {"members": [member("journal", size=1 << 60)]},
    {"members": [member("journal", frames=1 << 31)]},
    {"members": [member("states"), member("journal", frames=0)]},
    {"members": []},
    {"members": [member("journal")] * 100_000},
    {"members": "journal"},
    {"run": "../../../etc"},
    {"run": 7},
]


def bomb(whole: bytes, told: int) -> bytes:
    """An archive with a frame of 30 kB that would be a GB, and of which the index says that it has `told` bytes."""
    _, _, length = PREAMBLE.unpack_from(whole)
    packer = zstandard.ZstdCompressor(level=3).compressobj(size=1 << 30)
    zeros = bytes(1 << 20)
    packed = b"".join(packer.compress(zeros) for _ in range(1 << 10)) + packer.flush()
    manifest = msgspec.json.decode(whole[PREAMBLE.size : PREAMBLE.size + length])
    manifest["members"] = [member("journal", size=told)]
    head = msgspec.json.encode(manifest)
    bent = PREAMBLE.pack(*PREAMBLE.unpack_from(whole)[:2], len(head)) + head
    index = RECORD.pack(len(bent), 0, 1, len(packed), told)
    end = struct.pack("<QI", len(bent) + len(packed), 1)
    bent += packed + index + end + hashlib.sha256(bent + index + end).digest()
    return bent + hashlib.sha256(bent).digest()
