"""Pictures of the main pages for the README: a phone and a laptop, light and dark, with the demo city.

make screenshots                                  starts a throwaway site for it
.venv/bin/python scripts/screenshots.py URL       takes them from a running site with demo data
"""

import base64
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {"phone": (360, 740, 2), "laptop": (1280, 800, 1)}
QUALITY = 80
PASSWORD = "la-lanh-demo"
HERE = {"latitude": 10.7713, "longitude": 106.6940}
RESIDENT, VOLUNTEER, OFFICIAL = "0900000001", "0900000002", "0900000005"


def feed(page: "Page") -> None:
    """The map and the list around Bến Thành."""
    page.goto(f"/?at={HERE['latitude']},{HERE['longitude']},14")
    page.wait_for_timeout(7000)  # tiles are drawn by software


def post(page: "Page") -> None:
    """The first step of asking for help, filled in."""
    page.goto("/post")
    page.get_by_text("Nhu yếu phẩm", exact=True).first.click()
    for words in ("Gạo", "Sữa"):
        page.locator("label.chip").filter(has_text=words).locator("visible=true").first.click()
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(800)


def case(page: "Page") -> None:
    """A case as the volunteer sees it who is on the way."""
    page.goto("/me/claims")
    page.goto(page.locator("a[href*='/cases/']").first.get_attribute("href") or "/")
    page.wait_for_timeout(5000)


def claims(page: "Page") -> None:
    """What the volunteer has promised."""
    page.goto("/me/claims")
    page.wait_for_timeout(800)


def export(page: "Page") -> None:
    """An official takes the cases of the ward along."""
    page.goto("/authority/export")
    page.wait_for_timeout(800)


def console(page: "Page") -> None:
    """The cases of the official's ward."""
    page.goto("/authority/")
    page.wait_for_timeout(800)


PICTURES: dict[str, tuple[Callable[["Page"], None], str | None]] = {
    "feed": (feed, None),
    "post": (post, None),
    "case": (case, VOLUNTEER),
    "claims": (claims, VOLUNTEER),
    "console": (console, OFFICIAL),
    "export": (export, OFFICIAL),
}


def main() -> int:
    """Take every picture; gives the exit code."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import FLAGS, chromium

    FOLDER.mkdir(parents=True, exist_ok=True)
    with site() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for size in SIZES:
            for scheme in ("light", "dark"):
                take_all(browser, url, size, scheme)
        browser.close()
    total = sum(file.stat().st_size for file in FOLDER.glob("*.webp"))
    print(f"{len(list(FOLDER.glob('*.webp')))} pictures, {total / 1e6:.1f} MB in {FOLDER.relative_to(ROOT)}")
    return 0


def take_all(browser: "Browser", url: str, size: str, scheme: str) -> None:
    """All pictures in one size and one colour scheme; each person signs in once."""
    contexts: dict[str | None, BrowserContext] = {}
    for name, (visit, phone) in PICTURES.items():
        if phone not in contexts:
            contexts[phone] = open_browser(browser, url, size, scheme)
            sign_in(contexts[phone], phone)
        page = contexts[phone].new_page()
        visit(page)
        keep(page, FOLDER / f"{name}-{size}-{scheme}.webp")
        page.close()
    for context in contexts.values():
        context.close()


def open_browser(browser: "Browser", url: str, size: str, scheme: str) -> "BrowserContext":
    """Somebody's phone or laptop in the demo city."""
    width, height, pixels = SIZES[size]
    return browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        device_scale_factor=pixels,
        has_touch=size == "phone",
        color_scheme="dark" if scheme == "dark" else "light",
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation=HERE,
        permissions=["geolocation"],
    )


def sign_in(context: "BrowserContext", phone: str | None) -> None:
    """As a person does, through the form."""
    page = context.new_page()
    page.goto("/")  # not the first visit any more
    if phone:
        page.goto("/sign-in")
        page.fill("input[name=identity]", phone)
        page.fill("input[name=password]", PASSWORD)
        page.locator("main form [type=submit]").first.click()
        page.wait_for_url(lambda at: "/sign-in" not in at)
    page.close()


def keep(page: "Page", file: Path) -> None:
    """The picture as WebP, which is a third of a PNG."""
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    file.write_bytes(base64.b64decode(shot["data"]))
    print(f"  {file.name:<28} {file.stat().st_size / 1000:6.0f} kB")


@contextmanager
def site() -> Iterator[str]:
    """The address of a running site: the one named on the command line, else one made for the pictures."""
    if len(sys.argv) > 1:
        yield sys.argv[1]
        return
    from bench.site import running_site

    home = Path(tempfile.mkdtemp(prefix="lalanh-screenshots-"))
    home.chmod(0o711)
    os.environ |= {"LALANH_DATA": str(home), "LALANH_WORKERS": "2", "LALANH_DEMO": "1"}
    try:
        with running_site("") as running:
            yield f"http://127.0.0.1:{running.port}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
