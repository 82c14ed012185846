"""Following a round in a browser: planned, ticked, ticked without a network, and on paper."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.cases.claiming import take_case
from app.core.db import transaction
from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.geography import SAI_GON

Open = Callable[..., Page]


def fine(page: Page) -> None:
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.fixture
def claims(app: Any, minh_volunteer: Any) -> list[str]:
    """Three cases taken by Minh, the codes from near to far; and a shop on the way."""
    make.make_supply_point(at=SAI_GON.moved(300, 0.9), category_ids=[make.category().id])
    codes = []
    for n, (metres, bearing) in enumerate(((700, 0.8), (1100, 2.2), (1800, 3.4))):
        phone = f"+8490100002{n}"
        case = make.make_case(
            at=SAI_GON.moved(metres, bearing), contact_phone=phone, contact_name=f"Nhà số {n + 1}"
        )
        with transaction():
            take_case(case.code, by=minh_volunteer)
        codes.append(case.code)
    return codes


def plan(page: Page) -> None:
    page.goto("/me/claims")
    page.get_by_role("link", name="Xếp 3 chỗ thành một chuyến giao").click()
    page.locator("select").first.select_option(index=1)
    fine(page)
    page.get_by_role("button", name="Xếp chuyến").click()
    expect(page.get_by_text("Còn 4 điểm")).to_be_visible()


def test_a_round_is_followed_and_ticked_also_without_a_network(
    open_page: Open, minh_volunteer: Any, claims: list[str]
) -> None:
    page = open_page(minh_volunteer)
    plan(page)
    fine(page)
    assert page.locator(".round-stop h2").first.inner_text().startswith("Lấy hàng")
    page.get_by_role("button", name="Đã lấy đủ").click()
    expect(page.get_by_text("Còn 3 điểm")).to_be_visible()
    page.get_by_role("button", name="Đã giao").first.click()
    expect(page.get_by_text("Còn 2 điểm")).to_be_visible()
    expect(page.locator("[data-kept-page]")).to_be_visible(timeout=15_000)

    page.context.set_offline(True)
    page.get_by_role("button", name="Đã giao").first.click()
    expect(page.get_by_text("1 dấu tích chờ mạng")).to_be_visible()
    expect(page.get_by_text("Đã ghi trên máy, sẽ gửi khi có mạng")).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 dấu tích chờ mạng")).to_be_visible()
    expect(page.get_by_role("button", name="Đã giao")).to_have_count(1)

    page.context.set_offline(False)
    expect(page.get_by_text("Đã gửi 1 dấu tích ghi lúc mất mạng.")).to_be_visible()
    expect(page.get_by_text("Còn 1 điểm")).to_be_visible()
    page.goto("/me")
    page.get_by_role("button", name="Đăng xuất trên máy này").click()
    expect(page.get_by_text("Bạn đã đăng xuất.")).to_be_visible()
    assert page.evaluate("async () => await caches.has('lalanh-round')") is False


def test_a_round_on_paper_and_on_a_narrow_dark_phone(
    open_page: Open, minh_volunteer: Any, claims: list[str]
) -> None:
    page = open_page(minh_volunteer, (320, 640), color_scheme="dark")
    plan(page)
    fine(page)
    page.get_by_role("button", name="Chuyển điểm 3 xuống sau").click()
    expect(page.locator(".round-stop h2").nth(3)).to_have_text("Giao: Nhà số 2")
    fine(page)
    page.get_by_role("link", name="Bản in").click()
    expect(page.locator(".paper-stop .qr")).to_have_count(4)
    fine(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Về chuyến giao")).to_be_hidden()
    assert (
        page.locator(".paper-stop").first.evaluate("block => getComputedStyle(block).color") == "rgb(0, 0, 0)"
    )
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 595" in pdf.replace(b"594.95996", b"595").replace(b"594.96", b"595")
