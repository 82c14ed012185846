"""A compressed page of which only the beginning is new: the rest is compressed once and used again.

Each browser gets its own token and nonce, both near the top. To compress fifty kilobytes anew for each took
longer than everything else that a kept page needs. A deflate stream may end its blocks anywhere (RFC 1951),
so a new beginning and a kept rest make one gzip stream (RFC 1952).
"""

import struct
import zlib

LEVEL = 6
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Deflate, no name, no time, no matter which system."""


def deflated(rest: bytes) -> bytes:
    """The last part of a stream, compressed without looking at what comes before it."""
    return _deflate(rest, zlib.Z_FINISH)


def joined(first: bytes, rest: bytes, rest_deflated: bytes) -> bytes:
    """A gzip stream of `first` followed by `rest`, which is given as it is and as `deflated(rest)`."""
    checked = zlib.crc32(rest, zlib.crc32(first))
    length = (len(first) + len(rest)) & 0xFFFFFFFF
    return _HEAD + _deflate(first, zlib.Z_FULL_FLUSH) + rest_deflated + struct.pack("<LL", checked, length)


def _deflate(text: bytes, ending: int) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush(ending)
