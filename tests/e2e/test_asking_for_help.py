"""Asking for help in a browser: three steps, on a bad line, with a slip of the thumb, without JavaScript."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app.cases.models import Case
from app.core.db import db
from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.e2e.conftest import LAPTOP, before_script


@pytest.fixture(autouse=True)
def an_emergency(emergency: Any) -> None:
    """Help is switched on in the small country."""


def cases() -> list[Case]:
    db.session.rollback()
    return list(db.session.scalars(select(Case)))


def say_what(page: Page) -> None:
    page.get_by_label("Nhu yếu phẩm").check()
    page.get_by_label("Gạo", exact=True).check()
    page.get_by_role("button", name="Thêm: Gạo").click()


def say_where(page: Page) -> None:
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    expect(page.locator("#place")).to_contain_text("Phường Sài Gòn")
    page.get_by_label("Địa chỉ").fill("12/3 Nguyễn Trãi")


def say_who(page: Page, phone: str = "0912 345 678") -> None:
    page.get_by_label("Tên người cần giúp").fill("Cô Năm")
    page.get_by_label("Số điện thoại để gọi").fill(phone)


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Tiếp").filter(visible=True).click()


def to_the_last_step(page: Page) -> None:
    page.goto("/post")
    say_what(page)
    go_on(page)
    say_where(page)
    go_on(page)
    say_who(page)


def send(page: Page) -> None:
    page.get_by_role("button", name="Gửi yêu cầu").click()


@pytest.mark.parametrize(
    "options", [{}, {"size": LAPTOP}, {"color_scheme": "dark"}], ids=["phone", "laptop", "dark"]
)
def test_a_stranger_asks_in_three_steps(open_page: Callable[..., Page], options: dict[str, Any]) -> None:
    page = open_page(**options)
    page.goto("/post")
    expect(page.get_by_role("heading", name="Bạn cần gì?")).to_be_visible()
    say_what(page)
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    go_on(page)
    expect(page.get_by_role("heading", name="Cần giúp ở đâu?")).to_be_focused()
    say_where(page)
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    go_on(page)
    expect(page.get_by_role("heading", name="Giúp ai?")).to_be_focused()
    say_who(page)
    page.get_by_label("Nguy hiểm tính mạng").check()
    expect(page.get_by_role("link", name="115 cấp cứu")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    send(page)
    expect(page.get_by_role("heading", name=re.compile("Đã gửi. Mã của bạn là HCM-"))).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    [case] = cases()
    assert float(case.needs[0].quantity) == 10, "5 kg at first, and 5 more with the stepper"
    assert case.address == "12/3 Nguyễn Trãi"


def test_the_tracking_link_can_be_copied(page: Page) -> None:
    to_the_last_step(page)
    send(page)
    page.get_by_role("button", name="Chép").click()
    expect(page.get_by_role("button", name="Đã chép")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.context.clear_cookies()
    page.goto(copied)
    expect(page.get_by_role("heading", name="Đang tìm người giúp")).to_be_visible()


def test_a_step_says_what_is_missing_before_going_on(page: Page) -> None:
    page.goto("/post")
    go_on(page)
    expect(page.get_by_text("Chọn một nhóm hỗ trợ.")).to_be_visible()
    expect(page.get_by_text("Chọn ít nhất một thứ bạn cần.")).to_be_visible()
    say_what(page)
    expect(page.get_by_text("Chọn một nhóm hỗ trợ.")).to_be_hidden()
    go_on(page)
    expect(page.get_by_role("heading", name="Cần giúp ở đâu?")).to_be_visible()


def test_the_phones_back_goes_to_the_step_before(page: Page) -> None:
    to_the_last_step(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Cần giúp ở đâu?")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Bạn cần gì?")).to_be_visible()
    expect(page.get_by_label("Gạo", exact=True)).to_be_checked()
    page.go_forward()
    page.get_by_role("button", name="Quay lại").filter(visible=True).click()
    expect(page.get_by_role("heading", name="Bạn cần gì?")).to_be_visible()


def test_a_mistake_that_the_server_finds_opens_the_step_where_it_is(page: Page) -> None:
    page.goto("/post")
    page.get_by_label("Nhu yếu phẩm").check()
    page.get_by_label("Gạo", exact=True).check()
    page.get_by_label("Gạo, bao nhiêu", exact=True).fill("nhiều lắm")
    go_on(page)
    say_where(page)
    go_on(page)
    say_who(page, "123")
    send(page)
    summary = page.get_by_role("alert").filter(has_text="Chưa gửi được")
    expect(summary).to_be_focused()
    expect(page.get_by_role("heading", name="Bạn cần gì?")).to_be_visible()
    assert_accessible(page)
    summary.get_by_role("link", name="Số điện thoại chưa đúng").click()
    expect(page.get_by_label("Số điện thoại để gọi")).to_be_focused()
    expect(page.get_by_label("Số điện thoại để gọi")).to_have_value("123")
    page.get_by_label("Số điện thoại để gọi").fill("0912345678")
    page.get_by_role("button", name="Quay lại").filter(visible=True).click()
    page.get_by_role("button", name="Quay lại").filter(visible=True).click()
    page.get_by_label("Gạo, bao nhiêu", exact=True).fill("7,5")
    go_on(page)
    expect(page.locator("#place")).to_contain_text("Phường Sài Gòn")
    go_on(page)
    send(page)
    page.wait_for_url("**/sent")
    assert float(cases()[0].needs[0].quantity) == 7.5


def test_a_draft_survives_a_reload_with_its_key_and_goes_once_the_case_has_arrived(page: Page) -> None:
    to_the_last_step(page)
    key = page.locator("[name=key]").input_value()
    expect(page.get_by_text("Đã lưu nháp")).to_be_attached()
    page.reload()
    expect(page.get_by_text("Đã lấy lại bản nháp")).to_be_visible()
    expect(page.get_by_label("Gạo", exact=True)).to_be_checked()
    assert page.locator("[name=key]").input_value() == key
    go_on(page)
    expect(page.locator("#place")).to_contain_text("Phường Sài Gòn")
    expect(page.get_by_label("Địa chỉ")).to_have_value("12/3 Nguyễn Trãi")
    go_on(page)
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("Cô Năm")
    send(page)
    page.wait_for_url("**/sent")
    page.goto("/post")
    expect(page.get_by_label("Nhu yếu phẩm")).not_to_be_checked()
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("")


def test_what_is_typed_before_the_draft_comes_back_stays_beside_it(page: Page) -> None:
    to_the_last_step(page)
    expect(page.get_by_text("Đã lưu nháp")).to_be_attached()
    page.goto("about:blank")
    with before_script(page, "draft.js", "/post"):
        page.get_by_label("Tên người cần giúp").evaluate("field => field.value = 'Bà Sáu'")
    expect(page.get_by_text("Đã lấy lại bản nháp")).to_be_attached()
    page.goto("about:blank")
    page.goto("/post")
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("Bà Sáu")
    expect(page.get_by_label("Số điện thoại để gọi")).to_have_value("0912 345 678")
    expect(page.get_by_label("Gạo", exact=True)).to_be_checked()


def test_whoever_goes_back_after_sending_finds_an_empty_form(page: Page) -> None:
    to_the_last_step(page)
    send(page)
    page.wait_for_url("**/sent")
    page.go_back()
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("")
    page.goto("/post")
    expect(page.get_by_label("Nhu yếu phẩm")).not_to_be_checked()
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("")


def test_a_ward_that_was_typed_before_the_scripts_came_is_searched(page: Page) -> None:
    make.emergency()
    with before_script(page, "htmx.min.js", "/post"):
        page.locator("#q").evaluate("field => field.value = 'sai gon'")
    expect(page.locator("#place")).to_contain_text("Phường Sài Gòn")


def test_a_double_tap_makes_one_case(page: Page) -> None:
    to_the_last_step(page)
    page.get_by_role("button", name="Gửi yêu cầu").dblclick()
    page.wait_for_url("**/sent")
    assert len(cases()) == 1


def test_an_answer_lost_on_the_way_loses_nothing_and_sending_again_makes_no_second_case(page: Page) -> None:
    to_the_last_step(page)

    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.route("**/post", lose_the_answer)
    send(page)
    expect(page.get_by_text("Tin của bạn đã được giữ lại")).to_be_visible()
    assert len(cases()) == 1
    page.unroute("**/post")
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("Cô Năm")
    send(page)
    page.wait_for_url("**/sent")
    assert len(cases()) == 1


def test_a_page_left_open_longer_than_its_session_says_so_and_goes_at_the_second_press(page: Page) -> None:
    to_the_last_step(page)
    page.context.clear_cookies()
    send(page)
    expect(page.get_by_text("Trang đã mở quá lâu nên tin chưa gửi được.")).to_be_visible()
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("Cô Năm")
    assert cases() == []
    send(page)
    page.wait_for_url("**/sent")
    assert len(cases()) == 1


def test_without_gps_a_ward_found_by_name_will_do(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.context.clear_permissions()
    page.goto("/post")
    say_what(page)
    go_on(page)
    page.get_by_label("Tên phường, xã").fill("cho lon")
    page.get_by_label("Phường Chợ Lớn, Thành phố Hồ Chí Minh").click()  # the answer takes the choice away
    expect(page.locator("#place")).to_contain_text("ghi giữa phường")
    expect(page.get_by_label("Tên phường, xã")).to_have_value("")
    go_on(page)
    say_who(page)
    send(page)
    page.wait_for_url("**/sent")
    assert len(cases()) == 1


def test_the_whole_form_works_without_javascript(open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/post")
    for question in ("Bạn cần gì?", "Cần giúp ở đâu?", "Giúp ai?"):
        expect(page.get_by_role("heading", name=question)).to_be_visible()
    page.get_by_label("Nhu yếu phẩm").check()
    page.get_by_label("Gạo", exact=True).check()
    page.get_by_label("Gạo, bao nhiêu", exact=True).fill("10")
    page.get_by_label("Địa chỉ").fill("12 Lê Lợi, Phường Sài Gòn, Thành phố Hồ Chí Minh")
    say_who(page)
    send(page)
    expect(page.get_by_role("alert").first).to_contain_text("Chọn đúng phường, xã")
    expect(page.get_by_label("Tên người cần giúp")).to_have_value("Cô Năm")
    page.get_by_label("Phường Sài Gòn, Thành phố Hồ Chí Minh").check()
    send(page)
    expect(page.get_by_role("heading", name=re.compile("Đã gửi. Mã của bạn là HCM-"))).to_be_visible()
    assert len(cases()) == 1
