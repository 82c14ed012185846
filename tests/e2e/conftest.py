"""A real browser: Chromium on a phone's or a laptop's screen, in front of the live site."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, sync_playwright

from app.core.embedded import CHECKOUT
from app.people.models import User
from tests.geography import SAI_GON

RESULTS = CHECKOUT / "test-results"
PHONE, LAPTOP = (360, 740), (1280, 800)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_A_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Alone with this machine, and WebGL drawn by software, as test machines have no graphics card.
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu-sandbox", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip


def chromium() -> str:
    """The browser of this machine."""
    places = [os.environ.get("LALANH_CHROMIUM"), *map(shutil.which, NAMES)]
    if sys.platform == "darwin":
        places += [place for place in ON_A_MAC if Path(place).exists()]
    found = next(filter(None, places), None)
    assert found, "Chromium is not installed; `make test` installs it on Debian and Ubuntu"
    return found


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let fixtures know whether the test has failed, to take a picture then."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for each test worker."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
        yield launched
        launched.close()


class Watch:
    """What went wrong in a page without anybody seeing it."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    def follow(self, context: BrowserContext, home: str) -> None:
        """Note script errors, refusals by the content policy and requests to other machines."""
        context.on("weberror", lambda error: self.troubles.append(f"script error: {error.error}"))
        context.on("console", lambda message: self._read(message.text))
        context.route(lambda url: urlsplit(url).hostname != urlsplit(home).hostname, self._refuse)

    def _read(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.troubles.append(text)

    def _refuse(self, route: Route) -> None:
        if route.request.url.startswith(("data:", "blob:")):
            route.continue_()
            return
        self.troubles.append(f"asked another machine: {route.request.url}")
        route.abort()


def starting(page: Page) -> Locator:
    """A page whose scripts do not listen yet: they come after what is seen, as in every browser.

    Actions and expectations wait until nothing matches this.
    """
    return page.locator("html:has(script[src*='/js/app']):not([data-ready])")


@contextmanager
def before_script(page: Page, name: str, address: str) -> Iterator[None]:
    """Open the page as on a slow network; what stands under `with` happens before this script comes."""
    page.remove_locator_handler(starting(page))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    script = re.compile(rf"/{re.escape(name)}\b")
    page.route(script, hold)
    with page.expect_request(script):
        page.goto(address, wait_until="commit")
    yield
    held[0].continue_()
    page.unroute(script)


@pytest.fixture
def open_page(
    live_site: Any, browser: Browser, client_for: Callable[[User], Any], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """`open_page()` is a stranger's phone; `open_page(user, LAPTOP)` somebody's laptop, signed in.

    Options of Playwright's new_context may follow (locale, color_scheme, java_script_enabled …).
    """
    watch = Watch()
    pages: list[Page] = []

    def open_one(user: User | None = None, size: tuple[int, int] = PHONE, **options: Any) -> Page:
        here = {"longitude": SAI_GON.lon, "latitude": SAI_GON.lat}
        settings = {"locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh", "geolocation": here}
        context = browser.new_context(
            base_url=live_site.url,
            viewport={"width": size[0], "height": size[1]},
            has_touch=size == PHONE,
            permissions=["geolocation", "clipboard-read", "clipboard-write"],
            **(settings | options),
        )
        watch.follow(context, live_site.url)
        if user is not None:
            cookie = client_for(user).get_cookie("lalanh")
            context.add_cookies([{"name": "lalanh", "value": cookie.value, "url": live_site.url}])
        page = context.new_page()
        if options.get("java_script_enabled", True):
            page.add_locator_handler(starting(page), lambda: None)
        pages.append(page)
        return page

    yield open_one
    if request.node.stash.get(FAILED, False):
        RESULTS.mkdir(exist_ok=True)
        name = re.sub(r"[^\w-]+", "-", request.node.name)
        for number, page in enumerate(pages):
            page.screenshot(path=RESULTS / f"{name}-{number}.png", full_page=True)
    for page in pages:
        page.context.close()
    assert watch.troubles == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A stranger's phone."""
    return open_page()
