"""Accounts in a real browser: signing up, coming back, losing nothing, running the place."""

import re

import pytest
from playwright.sync_api import expect

from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.e2e.conftest import LAPTOP, PHONE, starting
from tests.worker import do_the_jobs

PUBLIC = ("/sign-in", "/sign-up", "/sign-up?helps=1", "/reset", "/outbox")
OWN = ("/me", "/me/settings", "/me/tokens", "/me/helping")
OFFICE = (
    "/admin/people?q=Lan",
    "/admin/emergencies",
    "/admin/emergencies/new",
    "/admin/emergencies/categories/new",
)


def drafts(page) -> list[str]:
    """The drafts that this phone keeps, once the page has settled what may stay."""
    expect(starting(page)).to_have_count(0)
    return page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))")


def test_somebody_signs_up_becomes_a_helper_and_says_where(app, page) -> None:
    page.goto("/sign-up")
    page.get_by_label("Tên của bạn").fill("Trần Thị Mơ")
    page.get_by_role("textbox", name="Số điện thoại hoặc e-mail").fill("0912 345 678")
    page.get_by_label("Mật khẩu").fill("la chuoi xanh")
    page.get_by_label("Tôi đồng ý cho Lá Lành").check()
    page.get_by_role("button", name="Tạo tài khoản").click()
    page.get_by_role("button", name="Tôi muốn giúp").click()
    page.get_by_role("link", name="Tôi giúp ở đâu").click()
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    expect(page.locator("[name=lat]")).not_to_have_value("")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đang lưu: quanh")).to_be_visible()


@pytest.mark.parametrize("way", ["/me", "/supplies"])
def test_what_was_typed_to_sign_up_is_gone_from_the_phone_afterwards(page, way) -> None:
    page.goto(f"/sign-up?next={way}")
    page.get_by_label("Tên của bạn").fill("Trần Thị Mơ")
    page.get_by_role("textbox", name="Số điện thoại hoặc e-mail").fill("0912 345 678")
    page.reload()
    expect(page.get_by_label("Tên của bạn")).to_have_value("Trần Thị Mơ")
    page.get_by_label("Mật khẩu").fill("la chuoi xanh")
    page.get_by_label("Tôi đồng ý cho Lá Lành").check()
    page.get_by_role("button", name="Tạo tài khoản").click()
    page.wait_for_url(f"**{way}")
    assert drafts(page) == []


def test_signing_out_takes_drafts_along(open_page, lan_resident) -> None:
    make.emergency()
    page = open_page(lan_resident)
    page.goto("/post")
    page.get_by_label("Nhu yếu phẩm").check()
    expect(page.get_by_text("Đã lưu nháp")).to_be_attached()
    page.goto("/me")
    assert drafts(page) == ["lalanh:draft:case-new"]
    page.get_by_role("button", name="Đăng xuất trên máy này").click()
    expect(page.get_by_text("Bạn đã đăng xuất.")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="Tôi cần giúp")).to_be_visible()
    assert drafts(page) == []
    expect(page.get_by_label("Nhu yếu phẩm")).not_to_be_checked()


def test_a_forgotten_password_is_replaced_by_a_code(app, page) -> None:
    make.person("Cô Hạnh", "+84900000001", is_demo=True)
    page.goto("/sign-in")
    page.get_by_role("link", name="Quên mật khẩu").click()
    page.get_by_role("textbox", name="Số điện thoại hoặc e-mail").fill("0900000001")
    page.get_by_role("button", name="Gửi mã").click()
    expect(page.get_by_text("Nếu 0900 000 001 có tài khoản")).to_be_visible()
    outbox = page.context.new_page()
    do_the_jobs(app)
    outbox.goto("/outbox")
    code = re.search(r"Mã của bạn là (\d{6})", outbox.inner_text("main"))[1]
    page.get_by_label("Mã gồm 6 chữ số").fill(code)
    page.get_by_label("Mật khẩu mới").fill("mat khau moi tinh")
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_role("heading", name="Cô Hạnh")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_nothing_typed_is_lost_when_the_session_ends_meanwhile(open_page, lan_resident, scripts) -> None:
    page = open_page(lan_resident, java_script_enabled=scripts)
    page.goto("/me/settings")
    page.get_by_label("Tên của bạn").fill("Lan Hương")
    elsewhere = open_page(lan_resident)
    elsewhere.goto("/me")
    elsewhere.get_by_role("button", name="Đăng xuất khỏi mọi thiết bị").click()
    page.get_by_role("button", name="Lưu tên").click()
    expect(page.get_by_text("Những gì bạn vừa gửi vẫn còn đây")).to_be_visible()
    page.get_by_role("textbox", name="Số điện thoại hoặc e-mail").fill("0901000001")
    page.get_by_label("Mật khẩu").fill(make.PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("button", name="Gửi tiếp").click()
    expect(page.get_by_label("Tên của bạn")).to_have_value("Lan Hương")


def test_an_htmx_form_is_not_lost_either(open_page, admin, lan_resident) -> None:
    page = open_page(admin, LAPTOP)
    page.goto(f"/admin/people/{lan_resident.id}")
    page.get_by_label("Trao vai trò").select_option("supplier")
    elsewhere = open_page(admin)
    elsewhere.goto("/me")
    elsewhere.get_by_role("button", name="Đăng xuất khỏi mọi thiết bị").click()
    page.get_by_role("button", name="Trao", exact=True).click()
    page.get_by_role("textbox", name="Số điện thoại hoặc e-mail").fill("0901000009")
    page.get_by_label("Mật khẩu").fill(make.PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("button", name="Gửi tiếp").click()
    expect(page.get_by_text("Người cung cấp")).to_be_visible()


def test_an_administrator_appoints_an_official_by_searching_the_area(open_page, admin, lan_resident) -> None:
    page = open_page(admin, LAPTOP)
    page.goto("/admin/people")
    page.get_by_role("searchbox").fill("0901000001")
    page.get_by_role("button", name="Tìm").click()
    page.get_by_role("link", name="Nguyễn Thị Lan").click()
    page.get_by_label("Địa bàn", exact=True).press_sequentially("sai gon")
    page.get_by_role("radio", name="Sài Gòn").first.check()
    page.get_by_role("button", name="Bổ nhiệm").click()
    expect(page.get_by_text("Cán bộ địa bàn").first).to_be_visible()
    expect(page.locator(".ways").get_by_text("Phường Sài Gòn")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_administrator_opens_and_ends_an_emergency(open_page, admin, scripts) -> None:
    page = open_page(admin, LAPTOP, java_script_enabled=scripts)
    page.goto("/admin/emergencies/new")
    page.get_by_label("Tên", exact=True).fill("Bão số 12")
    page.get_by_label("Tìm tỉnh, thành phố").fill("Sài Gòn")
    page.get_by_role("button", name="Tìm").click()
    page.get_by_role("radio", name="Sài Gòn").first.check()
    page.get_by_role("button", name="Thêm địa bàn này").click()
    expect(page.get_by_role("button", name="Bỏ Phường Sài Gòn")).to_be_visible()
    page.get_by_role("checkbox", name="Nhu yếu phẩm").check()
    page.get_by_role("button", name="Mở đợt ứng phó").click()
    expect(page.get_by_text("Đã mở đợt ứng phó Bão số 12")).to_be_visible()
    page.get_by_text("Kết thúc", exact=True).click()
    page.get_by_role("button", name="Kết thúc ngay").click()
    expect(page.get_by_text("Đã kết thúc đợt ứng phó Bão số 12")).to_be_visible()


def test_a_token_is_shown_once_and_copied(open_page, lan_resident) -> None:
    page = open_page(lan_resident)
    page.goto("/me/tokens")
    page.get_by_label("Dùng ở đâu?").fill("máy ở kho")
    page.get_by_role("checkbox", name="Xem các trường hợp").check()
    page.get_by_role("button", name="Tạo mã").click()
    shown = page.get_by_label("Mã truy cập", exact=True).input_value()
    page.get_by_role("button", name="Chép").click()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    page.goto("/me/tokens")
    expect(page.get_by_text("máy ở kho")).to_be_visible()
    assert shown not in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP, (320, 640)])
def test_every_page_of_accounts_is_usable_by_everybody(
    open_page, minh_volunteer, lan_resident, admin, emergency, size, scheme
) -> None:
    doors = ((None, PUBLIC), (minh_volunteer, OWN), (admin, (*OFFICE, f"/admin/people/{lan_resident.id}")))
    for user, paths in doors:
        page = open_page(user, size, color_scheme=scheme, reduced_motion="reduce")
        for path in paths:
            page.goto(path)
            assert_accessible(page)
            assert_no_sideways_scroll(page)
