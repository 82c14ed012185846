"""Parts that were compressed apart are one stream to whoever unpacks it."""

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.gzipped import MOST_STORED, Part, compressed, gzip_of, stored

parts = st.lists(st.binary().map(compressed) | st.binary(max_size=300).map(stored), max_size=8)


@given(parts)
def test_parts_unpack_to_what_they_are_in_this_order(parts: list[Part]) -> None:
    assert gzip.decompress(gzip_of(parts)) == b"".join(part.plain for part in parts)


def test_a_large_part_may_stand_beside_the_longest_stored_one() -> None:
    noise = random.Random(1).randbytes(200_000)
    parts = [compressed(noise), stored(noise[:MOST_STORED]), compressed(b"<p>" * 50_000)]
    assert gzip.decompress(gzip_of(parts)) == b"".join(part.plain for part in parts)


def test_a_part_with_the_blocks_of_another_is_noticed() -> None:
    with pytest.raises((gzip.BadGzipFile, zlib.error, EOFError)):
        gzip.decompress(gzip_of([Part(b"one", compressed(b"two").blocks)]))
