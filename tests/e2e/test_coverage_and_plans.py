"""An official plans an area at the map; everybody can see which wards are left behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.cases.models import Case
from app.core.clock import now
from app.core.db import db, transaction
from app.coverage.counting import count_wards
from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.e2e.conftest import LAPTOP, PHONE
from tests.geography import CHO_LON, SAI_GON

Open = Callable[..., Page]


def fine(page: Page) -> None:
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_a_plan_is_looked_at_changed_and_applied(
    open_page: Open, anh_official_w1: Any, minh_volunteer: Any, hoa_volunteer: Any
) -> None:
    first, second, third, fourth = (make.make_case(at=SAI_GON.moved(60 * n, 1.0)) for n in range(4))
    page = open_page(anh_official_w1, LAPTOP)
    page.goto("/authority/assign/")
    fine(page)
    page.get_by_role("button", name="Lập bản phân công").click()
    expect(page.get_by_text("4 trong 4 trường hợp có người giúp")).to_be_visible()
    box = page.locator(".plan-map-box.map-ready")
    expect(box).to_be_visible(timeout=20_000)
    fine(page)

    row = page.locator(f'tr[data-line]:has-text("{second.code}")')
    row.hover()
    expect(page.locator(f'[data-plan-map][data-here="{row.get_attribute("data-line")}"]')).to_be_visible()

    page.get_by_role("link", name=f"Chọn người giúp {first.code}").click()
    fine(page)
    page.get_by_label("Lê Thị Hoa").check()
    page.get_by_role("button", name="Chọn").click()
    expect(page.locator(f'tr[data-line]:has-text("{first.code}")')).to_contain_text("Lê Thị Hoa")
    page.get_by_role("button", name=f"Bỏ {third.code} ra").click()
    expect(page.locator(f'tr[data-line]:has-text("{third.code}")')).to_contain_text("Bạn đã bỏ ra")
    with transaction():
        db.session.get_one(Case, fourth.id).status = "cancelled"

    page.get_by_role("button", name="Áp dụng bản này").click()
    expect(page.get_by_text("Đã giao 2 trong 3 trường hợp")).to_be_visible()
    expect(page.locator(f'tr[data-line]:has-text("{first.code}")')).to_contain_text("Đã giao việc")
    expect(page.locator(f'tr[data-line]:has-text("{fourth.code}")')).to_contain_text("đã thay đổi")
    fine(page)


@pytest.fixture
def counted(app: Any) -> None:
    """Sài Gòn is left behind, Chợ Lớn keeps up."""
    for n in range(6):
        make.make_case(at=SAI_GON.moved(300 * n, 1.0), created_at=now() - timedelta(hours=40))
    make.make_case(at=CHO_LON)
    with transaction():
        count_wards()


@pytest.mark.usefixtures("counted")
def test_a_ward_tells_its_figures_on_the_map_and_in_the_list(open_page: Open) -> None:
    page = open_page(None, PHONE)
    page.goto(f"/?at={SAI_GON.lat},{SAI_GON.lon},12")
    switch = page.get_by_role("button", name="Phủ xanh")
    expect(switch).to_be_visible(timeout=20_000)
    switch.click()
    legend = page.locator("[data-coverage-legend]")
    expect(legend).to_contain_text("Đang bị bỏ lại")
    expect(legend).to_contain_text("Đếm lúc")
    fine(page)
    canvas = page.locator("[data-map] canvas")
    area = canvas.bounding_box()
    assert area
    # South of the middle of the ward, clear of the pins, once the tiles are there.
    expect(page.locator("[data-coverage][data-drawn]")).to_be_attached(timeout=20_000)
    canvas.click(position={"x": area["width"] * 0.62, "y": area["height"] * 0.55}, force=True)
    peek = page.locator(".coverage-peek")
    expect(peek).to_contain_text("Chờ quá 24 giờ")
    expect(peek).to_contain_text("100%")
    fine(page)
    page.get_by_role("button", name="Đóng").click()
    expect(peek).to_have_count(0)
    page.get_by_role("link", name="Xem dạng danh sách").click()
    expect(page.locator(".ward").first).to_contain_text("Phường Sài Gòn")
    expect(page.locator(".ward").first).to_contain_text("Đang bị bỏ lại")
    fine(page)


@pytest.mark.usefixtures("counted")
def test_the_console_leads_from_a_ward_behind_to_planning_for_it(
    open_page: Open, chu_province_official: Any
) -> None:
    page = open_page(chu_province_official, LAPTOP, color_scheme="dark")
    page.goto("/authority/coverage/")
    fine(page)
    page.get_by_role("link", name="Phân công ở Phường Sài Gòn").click()
    expect(page.get_by_label("Địa bàn")).to_have_value("26740")
