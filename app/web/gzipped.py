"""A compressed page put together from parts that were compressed before, with something new in between.

Each browser gets its own token and nonce. To compress a whole page anew for these took longer than all else
that a kept page needs. A deflate stream (RFC 1951) is a row of blocks, and parts that look at nothing before
them may stand in any company; a gzip stream (RFC 1952) is one such stream with a sum at its end.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

LEVEL = 6
MOST_STORED = 0xFFFF
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Deflate, no name, no time, no matter which system."""
_LAST_BLOCK = b"\x03\x00"
"""An empty one that ends the stream."""


class Part(NamedTuple):
    """Bytes as they are, and as blocks of a deflate stream that end at a whole byte."""

    plain: bytes
    blocks: bytes


def compressed(plain: bytes) -> Part:
    """A part that is worth compressing, once."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Part(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))


def stored(plain: bytes) -> Part:
    """A short part as it is, `MOST_STORED` bytes at most: for what is used only once."""
    length = len(plain)
    return Part(plain, b"\x00" + struct.pack("<HH", length, length ^ MOST_STORED) + plain)


def gzip_of(parts: Iterable[Part]) -> bytes:
    """The parts as one gzip stream."""
    blocks, check, length = [_HEAD], 0, 0
    for part in parts:
        blocks.append(part.blocks)
        check = zlib.crc32(part.plain, check)
        length += len(part.plain)
    return b"".join([*blocks, _LAST_BLOCK, struct.pack("<LL", check, length & 0xFFFFFFFF)])
