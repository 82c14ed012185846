"""The core loop: posted by a stranger, found as nearest, taken, delivered, confirmed, exported as closed."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.cases.tracking import tracking_path
from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.e2e.conftest import LAPTOP
from tests.e2e.test_asking_for_help import send, to_the_last_step
from tests.geography import CHO_LON

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def an_emergency(emergency: Any) -> None:
    """Help is switched on in the small country."""


def fine(page: Page) -> None:
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_from_the_first_word_to_the_officials_table(
    open_page: Open, minh_volunteer: Any, anh_official_w1: Any
) -> None:
    make.make_case((("Khoai", 3, "kg"),), at=CHO_LON)

    resident = open_page()
    to_the_last_step(resident)
    send(resident)
    resident.get_by_role("link", name="Xem trường hợp của tôi").click()
    expect(resident.get_by_role("heading", name="Đang tìm người giúp")).to_be_visible()
    code = resident.url.rpartition("/")[2]

    volunteer = open_page(minh_volunteer)
    volunteer.goto("/")
    volunteer.locator("[data-gps], [data-locate]").filter(visible=True).first.click()
    nearest = volunteer.locator("#cases .case").first
    expect(nearest).to_have_attribute("data-code", code)
    nearest.get_by_role("link").click()
    volunteer.locator("main").get_by_role("link", name="Nhận giúp").click()
    volunteer.get_by_role("button", name="Tôi nhận giúp").click()
    expect(volunteer.get_by_text("12/3 Nguyễn Trãi")).to_be_visible()
    expect(volunteer.get_by_role("link", name="Gọi 0912 345 678")).to_have_attribute(
        "href", "tel:+84912345678"
    )
    fine(volunteer)

    resident.reload()
    expect(resident.get_by_role("heading", name="Có người đang tới")).to_be_visible()
    expect(resident.locator(".requester")).to_contain_text("Trần Văn Minh")
    fine(resident)

    volunteer.get_by_role("button", name="Đã giao").click()
    expect(volunteer.get_by_text("Cảm ơn bạn. Người cần giúp sẽ được hỏi")).to_be_visible()

    resident.reload()
    expect(resident.get_by_role("heading", name="Bạn đã nhận được chưa?")).to_be_visible()
    resident.get_by_role("button", name="Đã nhận được").click()
    expect(resident.get_by_role("heading", name="Đã được giúp")).to_be_visible()
    fine(resident)

    official = open_page(anh_official_w1, LAPTOP)
    official.goto("/authority/export?status=closed")
    with official.expect_download() as download:
        official.get_by_role("link", name="CSV", exact=True).click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    [row] = csv.DictReader(text.splitlines())
    assert (row["Mã"], row["Trạng thái"]) == (code, "Đã được giúp")


def test_the_code_read_out_at_the_door_closes_the_case(open_page: Open, minh_volunteer: Any) -> None:
    case = make.make_case()
    resident = open_page()
    resident.goto(tracking_path(case))
    code = resident.locator(".handover-code strong").inner_text()

    volunteer = open_page(minh_volunteer)
    volunteer.goto(f"/cases/{case.code}/take")
    volunteer.get_by_role("button", name="Tôi nhận giúp").click()
    field = volunteer.get_by_label("Giao tận tay: mã nhận hàng")
    field.fill(f"{(int(code) + 1) % 10_000:04d}")
    volunteer.get_by_role("button", name="Xong").click()
    expect(volunteer.get_by_text("bạn còn 4 lần nhập")).to_be_visible()
    expect(field).to_be_focused()
    fine(volunteer)
    field.fill(code)
    field.press("Enter")
    expect(volunteer.get_by_text("Đã giao xong, cảm ơn bạn")).to_be_visible()

    expect(resident.get_by_role("heading", name="Đã được giúp")).to_be_visible(timeout=10_000)
    fine(resident)


def test_the_helper_appears_without_reloading(open_page: Open, client_for: Any, minh_volunteer: Any) -> None:
    resident = open_page()
    to_the_last_step(resident)
    send(resident)
    with resident.expect_response(re.compile("/live/events"), timeout=20_000):
        resident.get_by_role("link", name="Xem trường hợp của tôi").click()
    expect(resident.get_by_role("heading", name="Đang tìm người giúp")).to_be_visible()
    client_for(minh_volunteer).post(
        resident.url.removeprefix("http://").partition("/")[2].join(("/", "/claims"))
    )
    expect(resident.get_by_role("heading", name="Có người đang tới")).to_be_visible(timeout=10_000)


def test_who_comes_too_late_is_shown_the_next_case(
    open_page: Open, minh_volunteer: Any, hoa_volunteer: Any
) -> None:
    case, other = make.make_case(), make.make_case((("Khoai", 3, "kg"),), at=CHO_LON)
    pages = [open_page(minh_volunteer), open_page(hoa_volunteer)]
    for page in pages:
        page.goto(f"/cases/{case.code}/take")
    for page in pages:
        page.get_by_role("button", name="Tôi nhận giúp").click()
    late = pages[1]
    expect(late.get_by_text("Vừa có người nhận giúp trường hợp này rồi")).to_be_visible()
    expect(late.locator(f"#case-{other.code}")).to_be_visible()
    fine(late)


def test_part_of_it_a_little_longer_and_given_back(open_page: Open, minh_volunteer: Any) -> None:
    case = make.make_case()
    page = open_page(minh_volunteer)
    page.goto(f"/cases/{case.code}/take")
    expect(page.get_by_role("button", name="Bớt: Gạo")).to_be_hidden()
    page.get_by_label("Một phần").check()
    page.get_by_role("button", name="Bớt: Gạo").click()
    fine(page)
    page.get_by_role("button", name="Tôi nhận giúp").click()
    expect(page.get_by_text("Gạo 9 kg, Sữa 4 hộp")).to_be_visible()
    page.goto("/me/claims")
    fine(page)
    page.get_by_role("link", name="Gạo, Sữa").click()
    page.locator("#extend summary").click()
    page.get_by_label("Vì sao cần thêm giờ?").fill("Kẹt xe")
    page.locator("#extend").get_by_role("button").click()
    expect(page.get_by_text("Đã gia hạn.")).to_be_visible()
    expect(page.get_by_text("còn 7 giờ")).to_be_visible()
    page.locator("#release summary").click()
    fine(page)
    page.get_by_role("button", name="Trả lại cho người khác").click()
    expect(page.get_by_text("Đã trả lại để người khác nhận")).to_be_visible()
    expect(page.get_by_text("12/3 Nguyễn Trãi")).to_be_hidden()


def test_what_was_said_before_gives_way_to_what_is_said_now(open_page: Open, minh_volunteer: Any) -> None:
    page = open_page(minh_volunteer)
    page.goto(f"/cases/{make.make_case().code}/take")
    page.get_by_role("button", name="Tôi nhận giúp").click()
    expect(page.get_by_text("Bạn đã nhận giúp.")).to_be_visible()
    page.locator("#release summary").click()
    page.get_by_role("button", name="Trả lại cho người khác").click()
    expect(page.get_by_text("Đã trả lại để người khác nhận")).to_be_visible()
    expect(page.get_by_text("Bạn đã nhận giúp.")).to_have_count(0)


def test_the_pages_around_a_case_can_be_used_by_everybody(open_page: Open, lan_resident: Any) -> None:
    case = make.make_case()
    for page in (
        open_page(),
        open_page(lan_resident, color_scheme="dark"),
        open_page(lan_resident, (320, 640)),
    ):
        for path in (
            "/post",
            "/find",
            "/me/cases",
            "/me/claims",
            f"/cases/{case.code}",
            f"/cases/{case.code}/take",
        ):
            page.goto(path)
            fine(page)
