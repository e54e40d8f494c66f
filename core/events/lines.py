"""Events as lines: how one is written and sealed, and how it is read again or refused."""

from collections.abc import Sequence
from struct import pack
from zlib import crc32

import msgspec

from ..errors import Corrupt, NotSupported
from .kinds import TYPES, AnyEvent
from .parts import Event

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)
_CRC = b',"crc":"'


def encode(event: Event) -> bytes:
    """The line of an event, without its newline. Values must be plain JSON (see core/recording/jsonable.py)."""
    return seal(_encoder.encode(event))


def seal(body: bytes) -> bytes:
    """A JSON object's bytes with its checksum as the last member."""
    head = body[:-1]
    return b'%b,"crc":"%08x"}' % (head, crc32(head))


def check(line: bytes) -> None:
    """Raises Corrupt if the line carries a checksum that its bytes do not have."""
    cut = len(line) - 18
    if line[cut : cut + 8] == _CRC and b"%08x" % crc32(line[:cut]) != line[-10:-2]:
        raise Corrupt("the line's checksum does not fit its bytes")


def decode(line: bytes) -> AnyEvent:
    """The event of a line (newline stripped).

    Raises Corrupt when the bytes are not what was written, NotSupported when they are whole
    but of a newer format. Lines without a checksum are taken at their word. Thread-safe.
    """
    check(line)
    try:
        event: AnyEvent = _decoder.decode(line)
        return event
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _why(line, error) from error


def decode_all(lines: Sequence[bytes]) -> list[AnyEvent]:
    """`decode` of many lines, at half of its cost; Corrupt if one of them is no event. Thread-safe."""
    if not _are_sealed(lines):
        for line in lines:
            check(line)
    try:
        return list(map(_decoder.decode, lines))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"not an event: {error}") from error


def _are_sealed(lines: Sequence[bytes]) -> bool:
    """Whether all of them end as their checksums do, which is told of all in one comparison."""
    sums = [crc32(line[:-18]) for line in lines]
    return pack(f">{len(sums)}I", *sums).hex().encode() == b"".join([line[-10:-2] for line in lines])


def _why(line: bytes, error: Exception) -> Corrupt | NotSupported:
    try:
        kind = msgspec.json.decode(line, type=_Head).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Corrupt(f"not an event: {error}")
    if kind and kind not in TYPES:
        return NotSupported(f"event type {kind!r} is unknown", advice="read it with a newer Flightlog")
    return Corrupt(f"a damaged {kind or 'event'}: {error}")


class _Head(msgspec.Struct):
    type: str = ""
