"""Whether a page can be used by everybody, as far as a program can tell."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import starting

WIDTH_JS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def assert_accessible(page: Page) -> None:
    """Fail with the rule, the reason and the elements of every violation that axe finds."""
    page.wait_for_load_state()  # a page that is still without its style sheet cannot be judged
    expect(starting(page)).to_have_count(0)
    found = Axe().run(page).response["violations"]
    told = [
        f"{v['id']} ({v['impact']}): {v['help']}\n"
        + "\n".join(f"    {node['html'][:200]}\n    {node['failureSummary']}" for node in v["nodes"][:5])
        for v in found
    ]
    assert not told, f"{page.url}\n" + "\n".join(told)


def assert_no_sideways_scroll(page: Page) -> None:
    """Fail when the page is wider than its window."""
    too_wide = page.evaluate(WIDTH_JS)
    assert too_wide <= 0, f"{page.url} is {too_wide} px wider than the window"
