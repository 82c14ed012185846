"""Officials work at a laptop, by keyboard; suppliers put their shop on the map with a phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.e2e.conftest import LAPTOP, PHONE, before_script

Open = Callable[..., Page]


def fine(page: Page) -> None:
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize(("size", "theme"), [(LAPTOP, "light"), (PHONE, "dark"), ((320, 640), "light")])
def test_every_page_of_the_console_can_be_used_by_everybody(
    open_page: Open, anh_official_w1: Any, size: tuple[int, int], theme: str
) -> None:
    case = make.make_case()
    page = open_page(anh_official_w1, size, color_scheme=theme)
    for path in ("/authority/", f"/authority/cases/{case.code}", "/authority/export", "/authority/audit"):
        page.goto(path)
        fine(page)


def test_the_keyboard_alone_finds_a_case_and_vouches_for_it(open_page: Open, anh_official_w1: Any) -> None:
    make.make_case(contact_name="Trần Văn An")
    wanted = make.make_case(contact_name="Lê Thị Bưởi")
    page = open_page(anh_official_w1, LAPTOP)
    page.goto("/authority/")
    page.keyboard.press("/")
    page.keyboard.type("buoi")
    page.keyboard.press("Enter")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/authority/\?q=buoi$"))
    page.get_by_role("searchbox").blur()
    page.keyboard.press("j")
    expect(rows.first).to_be_focused()
    page.keyboard.press("v")
    row = page.locator(f"#row-{wanted.code}")
    expect(row).to_contain_text("Đã xác minh")
    expect(rows.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=wanted.code)).to_be_visible()


def test_figures_and_the_way_back_follow_the_filter(open_page: Open, anh_official_w1: Any) -> None:
    make.make_case()
    page = open_page(anh_official_w1, LAPTOP)
    page.goto("/authority/")
    page.get_by_role("button", name="Read this in English").click()
    clear, tile = page.get_by_role("link", name="Clear filters"), page.locator(".figures [data-status=open]")
    expect(page.get_by_role("heading", name="Cases", exact=True)).to_be_visible()
    expect(clear).to_be_hidden()
    page.locator("select[name=status]").select_option("open")
    expect(clear).to_be_visible()
    expect(tile).to_have_attribute("aria-current", "true")
    assert_no_sideways_scroll(page)
    page.locator("select[name=status]").select_option("")
    expect(clear).to_be_hidden()
    expect(tile).not_to_have_attribute("aria-current", "true")


def test_what_was_chosen_before_the_scripts_came_filters_the_table(
    open_page: Open, anh_official_w1: Any
) -> None:
    make.make_case(status="closed")
    page = open_page(anh_official_w1, LAPTOP)
    with before_script(page, "htmx.min.js", "/authority/"):
        page.locator("select[name=status]").evaluate("field => field.value = 'open'")
    expect(page).to_have_url(re.compile("status=open"))
    expect(page.locator("[data-row]")).to_have_count(0)


def test_the_export_is_counted_before_it_leaves(open_page: Open, anh_official_w1: Any) -> None:
    make.make_case()
    make.make_case(status="closed")
    page = open_page(anh_official_w1, LAPTOP)
    page.goto("/authority/export")
    expect(page.locator("#count h2")).to_have_text("2 trường hợp")
    page.get_by_label("Trạng thái").select_option("closed")
    expect(page.locator("#count h2")).to_have_text("1 trường hợp")
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.goto("/authority/audit")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Đã được giúp")


def test_a_shop_is_on_the_map_after_one_tap_and_one_form(open_page: Open, lan_resident: Any) -> None:
    page = open_page(lan_resident)
    page.goto("/supplies/mine")
    fine(page)
    page.get_by_role("button", name="Tôi có hàng").click()
    page.get_by_label("Tên điểm").fill("Tạp hóa Cô Lan")
    page.get_by_role("radio", name="Cửa hàng").check()
    page.get_by_label("Có gì").fill("Gạo, trứng")
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    expect(page.locator("input[name=lat]")).not_to_have_value("")
    fine(page)
    page.get_by_role("button", name="Đưa lên bản đồ").click()
    expect(page.get_by_role("heading", name="Tạp hóa Cô Lan")).to_be_visible()
    expect(page.get_by_text("Phường Sài Gòn")).to_be_visible()
    fine(page)
    page.goto("/supplies")
    expect(page.locator(".supply").first).to_contain_text("Tạp hóa Cô Lan")
    fine(page)
