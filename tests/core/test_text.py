"""Cleaning, folding, phone numbers, and what is masked before strangers read it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.core.db import db
from app.core.errors import Invalid
from app.core.text import MASK, clean, fold, mask_private, phone_display, phone_e164


@pytest.mark.parametrize(
    "said",
    [
        "gọi 0912 345 678",
        "gọi 0912.345.678",
        "zalo +84 912 345 678",
        "0912345678",
        "028 3822 1234",
        "thư a.b@example.com",
        "nhà 12/3 đường Lê Lợi",
        "số nhà 15",
        "nhà số 15",
        "hẻm 45/2",
        "căn hộ A1203",
        "15 đường Nguyễn Huệ",
        "77/7 Hẻm Bí Mật",
        "123/45/6",
    ],
)
def test_phones_and_addresses_are_masked(said: str) -> None:
    masked = mask_private(f"Sữa, {said}")
    assert MASK in masked
    assert not any(digit in masked for digit in "123456789")


@pytest.mark.parametrize(
    "said",
    [
        "Tã số 4",
        "1/2 kg thịt",
        "Gạo 10 kg",
        "5 thùng mì, 24 chai nước",
        "Paracetamol 500 mg",
        "Nồi cháo số 4",
    ],
)
def test_goods_and_quantities_stay(said: str) -> None:
    assert mask_private(said) == said


@pytest.mark.parametrize(
    "typed",
    ["0900000001", "090 000 0001", "090.000.0001", "(090) 000-0001", "+84900000001", "84 900 000 001"],
)
def test_a_phone_number_is_the_same_however_it_is_typed(typed: str) -> None:
    assert phone_e164(typed) == "+84900000001"


@pytest.mark.parametrize("typed", ["", "12", "abc", "0912", "+1", "091234567890123"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        phone_e164(typed)


def test_numbers_are_shown_as_people_write_them() -> None:
    assert phone_display("+84912345678") == "0912 345 678"
    assert phone_display("nonsense") == "nonsense"


@given(st.text())
def test_clean_text_can_be_stored_and_cleaning_twice_changes_nothing(said: str) -> None:
    cleaned = clean(said)
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "name", ["Phường Bến Nghé", "Đắk Lắk", "Thừa Thiên Huế", "ƯỚC Ỵ Ẵ", "Xã Ea Hʼleo", "Hoà / Hòa"]
)
def test_python_folds_as_the_database_does(app: Any, name: str) -> None:
    assert db.session.scalar(text("SELECT vi_fold(:name)"), {"name": name}).replace("'", "ʼ") == fold(
        name
    ).replace("'", "ʼ")
