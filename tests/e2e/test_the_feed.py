"""The feed in a real browser: what changes elsewhere appears by itself; filters; no script; its weight."""

import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.cases.models import Case
from app.cases.posting import CaseRequest, NeedLine, post_case
from app.core.db import transaction
from app.core.geo import Point
from tests import make
from tests.e2e.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.e2e.conftest import LAPTOP, before_script
from tests.geography import CHO_LON, SAI_GON

BUDGET = 120_000
OF_THE_MAP = re.compile("/vendor/maplibre/|/tiles/|/js/map|/js/pins")
HERE = f"/?at={SAI_GON.lat},{SAI_GON.lon},14"


def post(at: Point = SAI_GON, item: str = "Gạo", category: str = "essentials") -> Case:
    """Somebody elsewhere asks for help."""
    make.emergency()
    with transaction():
        need = NeedLine(item=item, quantity=Decimal(5), unit="kg")
        said = CaseRequest(
            category=category, needs=[need], position=at, contact_name="Lan", contact_phone="0912345678"
        )
        return post_case(said, by=None).case


def open_feed(page: Page) -> None:
    """Open the page, and wait until it hears of changes."""
    with page.expect_response(re.compile("/live/events"), timeout=20_000):
        page.goto(HERE)


def test_a_case_posted_elsewhere_appears_within_two_seconds(open_page: Callable[..., Page]) -> None:
    make.make_case()
    page = open_page()
    open_feed(page)
    expect(page.locator(".case")).to_have_count(1)
    case = post()
    committed = time.monotonic()
    expect(page.locator(f"#case-{case.code}")).to_be_visible(timeout=2000)
    assert time.monotonic() - committed < 2


def test_a_case_that_is_taken_elsewhere_changes_its_card(
    open_page: Callable[..., Page], client_for: Any
) -> None:
    case = post()
    page = open_page(size=LAPTOP)
    open_feed(page)
    taken = client_for(make.minh_volunteer()).post(f"/api/v1/cases/{case.code}/claims", json={})
    assert taken.status_code == 201, taken.text
    expect(page.locator(f"#case-{case.code} .tag-taken")).to_be_visible(timeout=2500)


def test_the_page_keeps_its_place_while_somebody_reads_a_card(open_page: Callable[..., Page]) -> None:
    old = post()
    page = open_page()
    open_feed(page)
    page.locator(f"#case-{old.code} a").focus()
    new = post()
    fresh = page.locator("[data-fresh]")
    expect(fresh).to_be_visible(timeout=2500)
    expect(page.locator(f"#case-{new.code}")).to_have_count(0)
    fresh.click()
    expect(page.locator(f"#case-{new.code}")).to_be_visible()
    expect(fresh).to_be_hidden()


def test_without_the_event_stream_the_page_asks_from_time_to_time(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.context.route(re.compile("/live/events"), lambda route: route.abort())
    page.add_init_script(
        "document.addEventListener('readystatechange', () => { document.body.dataset.pollMs = '1500'; })"
    )
    page.goto(HERE)
    case = post()
    expect(page.locator(f"#case-{case.code}")).to_be_visible(timeout=6000)


def test_filters_narrow_list_and_address_together_and_back_undoes_them(
    open_page: Callable[..., Page],
) -> None:
    rice, run = post(item="Gạo"), post(item="Mua thuốc", category="grocery_run")
    page = open_page(size=LAPTOP)
    page.goto(HERE)
    expect(page.locator(".case")).to_have_count(2)
    page.locator("summary", has_text="Nhóm hỗ trợ").click()
    page.locator(".chip-menu[open] label", has_text="Đi chợ hộ").click()
    expect(page.locator(f"#case-{rice.code}")).to_have_count(0)
    expect(page.locator(f"#case-{run.code}")).to_be_visible()
    expect(page).to_have_url(re.compile(r"category=grocery_run"))
    page.reload()
    expect(page.locator(".case")).to_have_count(1)
    page.go_back()
    expect(page.locator(".case")).to_have_count(2)


def test_words_are_searched_as_they_are_typed(open_page: Callable[..., Page]) -> None:
    milk = post(item="Sữa")
    post(item="Gạo")
    page = open_page()
    page.goto(HERE)
    page.get_by_role("searchbox").press_sequentially("sua", delay=30)
    expect(page.locator(".case")).to_have_count(1)
    expect(page.locator(f"#case-{milk.code}")).to_be_visible()
    expect(page).to_have_url(re.compile("q=sua"))


def test_what_was_typed_and_chosen_before_the_scripts_came_is_searched(
    open_page: Callable[..., Page],
) -> None:
    milk = post(item="Sữa")
    post(item="Gạo")
    post(category="grocery_run", item="Sữa")
    page = open_page()
    with before_script(page, "htmx.min.js", HERE):
        page.locator("#feed-q").evaluate("field => field.focus()")
        page.keyboard.type("sua")
        page.locator("input[name=category][value=essentials]").evaluate("field => field.checked = true")
    expect(page.locator(".case")).to_have_count(1)
    expect(page.locator(f"#case-{milk.code}")).to_be_visible()
    expect(page).to_have_url(re.compile("q=sua"))


def test_the_phones_place_orders_the_list(open_page: Callable[..., Page]) -> None:
    near, far = post(), post(at=CHO_LON)
    page = open_page(size=LAPTOP)
    page.goto(f"/?at={CHO_LON.lat},{CHO_LON.lon},14")
    expect(page.locator(".case").first).to_have_attribute("data-code", far.code)
    page.get_by_role("button", name="Gần tôi").click()
    expect(page.locator(".case").first).to_have_attribute("data-code", near.code)
    expect(page.locator("h1")).to_have_text("Gần vị trí đã chọn")
    page.get_by_role("link", name="Theo bản đồ").click()
    expect(page.locator(".case").first).to_have_attribute("data-code", far.code)


def test_without_javascript_everything_can_still_be_found(open_page: Callable[..., Page]) -> None:
    cases = [post(at=SAI_GON.moved(60 * n, n)) for n in range(22)]
    page = open_page(java_script_enabled=False)
    page.goto("/")
    expect(page.locator(".case")).to_have_count(20)
    page.get_by_role("link", name="Xem thêm").click()
    expect(page.locator(".case")).to_have_count(2)
    page.goto("/")
    page.get_by_role("searchbox").fill(cases[3].code)
    page.get_by_role("button", name="Lọc").click()
    expect(page.locator(".case")).to_have_count(1)


def test_a_browser_that_cannot_draw_gets_the_list_alone(open_page: Callable[..., Page]) -> None:
    case = post()
    page = open_page()
    page.add_init_script(
        "const old = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        " return kind === 'webgl2' ? null : old.call(this, kind, ...rest); };"
    )
    page.goto(HERE)
    expect(page.locator(f"#case-{case.code}")).to_be_visible()
    expect(page.locator(".map-canvas canvas")).to_have_count(0)


def test_the_page_weighs_at_most_120_kb_before_the_map(open_page: Callable[..., Page]) -> None:
    for n in range(30):
        make.make_case(at=SAI_GON.moved(50 * n, n))
    page = open_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: dict[str, float] = {}
    names: dict[str, str] = {}
    session.on(
        "Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto("/")
    page.wait_for_timeout(4000)
    before_map = {
        names.get(key, ""): size for key, size in sizes.items() if not OF_THE_MAP.search(names.get(key, ""))
    }
    heaviest = sorted(((size, url) for url, size in before_map.items()), reverse=True)
    assert sum(before_map.values()) <= BUDGET, heaviest[:12]
    assert len(heaviest) > 3


@pytest.mark.parametrize("query", ["", "?category=school_supplies"])
def test_the_page_has_no_accessibility_faults(open_page: Callable[..., Page], query: str) -> None:
    post()
    page = open_page()
    page.goto(f"/{query}")
    expect(page.locator("canvas")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
