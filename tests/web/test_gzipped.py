"""A new beginning and a kept rest are one stream to whoever unpacks it."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.gzipped import deflated, joined


@given(st.binary(), st.binary())
def test_what_is_joined_unpacks_to_both_parts(first: bytes, rest: bytes) -> None:
    assert gzip.decompress(joined(first, rest, deflated(rest))) == first + rest


def test_the_rest_may_repeat_what_stands_at_the_beginning() -> None:
    page = b"<p>Ben Thanh</p>" * 4000
    packed = deflated(page)
    assert gzip.decompress(joined(page, page, packed)) == page + page
    assert len(packed) < len(page) / 50


def test_a_rest_of_another_page_is_noticed() -> None:
    with pytest.raises((gzip.BadGzipFile, zlib.error, EOFError)):
        gzip.decompress(joined(b"one", b"two", deflated(b"other")))
