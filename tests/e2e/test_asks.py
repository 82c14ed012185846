"""A volunteer is asked in a real browser: says yes and has the address, or no and somebody else is asked."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.matching.test_the_page_of_asks import asked


def test_one_ask_is_accepted_and_another_declined(
    open_page: Callable[..., Page], minh_volunteer: Any
) -> None:
    gladly = make.make_case((("Gạo", 5, "kg"),), vulnerabilities=["children"])
    not_now = make.make_case((("Sữa", 2, "hộp"),))
    for case in (gladly, not_now):
        asked(minh_volunteer, case)
    page = open_page(minh_volunteer)
    page.goto("/me/claims")
    page.get_by_role("link", name="2 lời nhờ đang chờ bạn trả lời").click()
    assert_accessible(page)
    assert_no_sideways_scroll(page)

    page.locator(f"#case-{not_now.code}").get_by_role("button", name="Lần này không được").click()
    expect(page.get_by_text("Cảm ơn bạn đã trả lời. Người khác sẽ được hỏi.")).to_be_visible()
    expect(page.locator(f"#case-{not_now.code}")).to_have_count(0)
    expect(page.get_by_text("Bạn đã báo lần này không được")).to_be_visible()
    assert_accessible(page)

    page.locator(f"#case-{gladly.code}").get_by_role("button", name="Nhận giúp").click()
    expect(page.get_by_role("heading", name="Bạn đang giúp")).to_be_visible()
    expect(page.get_by_text("12/3 Nguyễn Trãi")).to_be_visible()
    page.goto("/me/asks")
    expect(page.get_by_text("Lúc này không có lời nhờ nào")).to_be_visible()


def test_who_says_yes_too_late_is_shown_who_else_waits(
    open_page: Callable[..., Page], minh_volunteer: Any, hoa_volunteer: Any
) -> None:
    case, other = make.make_case(), make.make_case((("Khoai", 3, "kg"),))
    for user in (minh_volunteer, hoa_volunteer):
        asked(user, case)
    late = open_page(minh_volunteer)
    late.goto("/me/asks")
    quick = open_page(hoa_volunteer)
    quick.goto("/me/asks")
    quick.get_by_role("button", name="Nhận giúp").click()
    expect(quick.get_by_role("heading", name="Bạn đang giúp")).to_be_visible()
    late.get_by_role("button", name="Nhận giúp").click()
    expect(late.get_by_text("Vừa có người nhận giúp trường hợp này rồi")).to_be_visible()
    expect(late.locator(f"#case-{other.code}")).to_be_visible()
