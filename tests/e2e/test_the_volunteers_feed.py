"""A volunteer's own feed in a real browser: what is suggested and why, and the plain order one tap away."""

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from app.core.clock import now
from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.geography import SAI_GON


def test_suggestions_say_why_and_the_nearest_are_one_tap_away(open_page: Callable[..., Page]) -> None:
    near = make.make_case(at=SAI_GON.moved(100, 1))
    old = make.make_case(
        at=SAI_GON.moved(400, 0.785), vulnerabilities=["children"], created_at=now() - timedelta(hours=9.5)
    )
    page = open_page(make.minh_volunteer())
    page.goto("/")
    first = page.locator(".case").first
    expect(first).to_have_attribute("data-code", old.code)
    expect(first.locator(".case-why")).to_have_text(
        re.compile(r"gần bạn 600 m\s·\s+chờ 9 giờ\s·\s+có trẻ nhỏ")
    )
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.get_by_role("radio", name="Gần nhất").check(force=True)
    expect(first).to_have_attribute("data-code", near.code)
    expect(page).to_have_url(re.compile("sort=nearest"))
    expect(page.locator(".case-why")).to_have_count(0)
    page.get_by_role("radio", name="Gợi ý cho bạn").check(force=True)
    expect(first).to_have_attribute("data-code", old.code)
    page.reload()
    expect(page.get_by_role("radio", name="Gợi ý cho bạn")).to_be_checked()
    page.go_back()
    expect(first).to_have_attribute("data-code", near.code)
    expect(page.get_by_role("radio", name="Gần nhất")).to_be_checked()


def test_without_anything_to_suggest_the_page_says_what_to_do(open_page: Callable[..., Page]) -> None:
    page = open_page(make.person("Mới", "+84901000090", "volunteer"))
    page.goto("/?sort=suggested")
    expect(page.get_by_role("link", name="Chọn việc tôi nhận")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
