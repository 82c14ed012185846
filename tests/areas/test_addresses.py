"""Addresses as people write them, old way or new."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.areas.addresses import resolve_address

# What is typed, and the commune of today that it means.
WRITTEN = [
    ("12 Lê Lợi, Phường Bến Nghé, Quận 1, TP.HCM", "Phường Sài Gòn"),
    ("12 le loi, p. ben nghe, quan 1, tphcm", "Phường Sài Gòn"),
    ("123 Nguyễn Trãi, Phường 2, Quận 5", "Phường Chợ Quán"),
    ("xã Bà Điểm, Hóc Môn, HCM", "Xã Bà Điểm"),
    ("ấp 3, xã Vĩnh Lộc A, huyện Bình Chánh", "Xã Vĩnh Lộc"),
    ("Phường An Khánh, TP Thủ Đức", "Phường An Khánh"),
    ("Xã Thạnh An, Cần Giờ, TP HCM", "Xã Thạnh An"),
    ("59 Nguyễn Sỹ Sách, Phường Tân Sơn, TP HCM", "Phường Tân Sơn"),
    ("Phường Sài Gòn, Hồ Chí Minh", "Phường Sài Gòn"),
    ("P. Sài Gòn", "Phường Sài Gòn"),
    ("phường Ba Đình, Hà Nội", "Phường Ba Đình"),
    ("Thị trấn Cô Tô, huyện Cô Tô, Quảng Ninh", "Đặc khu Cô Tô"),
]


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
def test_an_address_leads_to_its_commune_of_today(written, meant):
    assert resolve_address(written)[0].full_name == meant


def test_a_split_ward_offers_every_commune_that_took_a_part():
    found = resolve_address("70 Nguyễn Sỹ Sách, Phường 15, Quận Tân Bình, TP HCM")
    assert [candidate.full_name for candidate in found] == ["Phường Tân Sơn", "Phường Tân Bình"]
    assert found[0].formerly == "Phường 15, Quận Tân Bình, Thành phố Hồ Chí Minh"
    assert found[0].street == "70 Nguyễn Sỹ Sách"
    assert found[0].label == "Phường Tân Sơn, Thành phố Hồ Chí Minh"


@pytest.mark.parametrize("nothing", ["", "   ", "....", "abc", "\x00", "\ud800", "🍚", "gần cây đa đầu làng"])
def test_other_text_leads_nowhere(nothing):
    assert resolve_address(nothing) == []


PIECES = st.sampled_from(
    [w for written, _ in WRITTEN for w in written.replace(",", " , ").split()] + ["(", "[", "\\", "*", "?"]
)
ANYTHING = st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=30).map(" ".join))


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_no_text_can_make_it_stumble(text):
    for candidate in resolve_address(text):
        assert candidate.full_name
        assert candidate.province


def test_an_address_never_leaves_the_machine(monkeypatch):
    from vietnamadminunits.converter import converter_2025
    from vietnamadminunits.parser import utils

    def dialled(*args):
        raise AssertionError(f"an address would have been sent to {args}")

    monkeypatch.setattr(socket.socket, "connect", dialled)
    monkeypatch.setattr(utils.geolocator, "geocode", dialled)
    assert resolve_address("70 Nguyễn Sỹ Sách, Phường 15, Quận Tân Bình, TP HCM")
    assert converter_2025.get_geo_location("70 Nguyễn Sỹ Sách") is None
    assert converter_2025.convert_address_2025("70 Nguyễn Sỹ Sách, Phường 15, Quận Tân Bình, TP HCM")
