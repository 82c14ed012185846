"""The frame around every page: one stylesheet, modules by name, places that exist, the language one chose."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT


def body(client: Any, path: str = "/sign-in") -> str:
    """The text of a page."""
    return str(client.get(path).get_data(as_text=True))


def test_the_first_page_brings_its_styles_along_and_later_ones_ask_for_the_kept_file(client: Any) -> None:
    first = body(client)
    address = re.search(r'<style nonce="[\w-]+" data-styles="(/assets/(\w+)\.css)">', first)
    assert address, "the first page holds the styles"
    client.set_cookie("styles", address[2])
    later = body(client)
    assert "<style" not in later
    assert f'<link rel="stylesheet" href="{address[1]}">' in later


def test_the_stylesheet_is_kept_for_good_under_its_own_name_only(client: Any) -> None:
    address = re.search(r"/assets/\w+\.css", body(client))
    assert address
    fresh = client.get(address[0])
    assert "immutable" in fresh.headers["Cache-Control"]
    assert fresh.mimetype == "text/css"
    assert client.get("/assets/0123456789ab.css").headers["Cache-Control"] == "no-cache"


def test_every_file_that_the_styles_name_is_there(client: Any) -> None:
    css = client.get(re.search(r"/assets/\w+\.css", body(client))[0]).get_data(as_text=True)  # type: ignore[index]
    named = set(re.findall(r"url\((/[^)]+)\)", css))
    assert named
    for address in named:
        assert client.get(address).status_code == 200, address


def test_every_module_of_the_import_map_is_there(client: Any) -> None:
    modules = re.findall(r'"(/static/(?:js|vendor)/[^"?]+)":', body(client))
    assert "/static/js/map.js" in modules
    for address in modules:
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("back", ["//elsewhere.test", "https://elsewhere.test/", "/\\elsewhere", "page"])
def test_choosing_a_language_never_leads_off_the_site(client: Any, back: str) -> None:
    assert client.post("/language", data={"locale": "en", "back": back}).headers["Location"] == "/"


def test_the_language_one_chose_stays(client: Any) -> None:
    answer = client.post("/language", data={"locale": "en", "back": "/sign-in?next=/me"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/me"
    assert '<html lang="en">' in body(client)


@pytest.mark.parametrize(
    ("address", "place", "current"),
    [
        ("/me/claims", "/me/claims", "page"),
        ("/me/asks", "/me/claims", "true"),
        ("/me/settings", "/me", "true"),
        ("/me/cases", "/me", "true"),
        ("/coverage", None, None),
    ],
)
def test_the_bar_shows_where_one_is(
    client_for: Any, minh_volunteer: Any, address: str, place: str | None, current: str | None
) -> None:
    page = client_for(minh_volunteer).get(address).text
    shown = re.findall(r'<a href="([^"]+)" aria-current="([^"]+)"', page)
    assert set(shown) == ({(place, current)} if place else set())


def test_from_a_form_that_was_refused_the_language_leads_to_its_page(
    client_for: Any, lan_resident: Any
) -> None:
    lan = client_for(lan_resident)
    settings = {"Referer": "http://localhost/me/settings"}
    refused = lan.post("/me/name", data={"name": ""}, headers=settings)
    assert refused.status_code == 422
    assert 'name="back" value="/me/settings"' in refused.text
    assert 'role="alert"' in refused.text, "what is wrong stands at the top"
    unknown = lan.post("/me/name", data={"name": ""})
    assert 'name="back" value="/"' in unknown.text


def test_the_page_of_the_api_follows_the_language_too(client: Any) -> None:
    client.post("/language", data={"locale": "en", "back": "/"})
    assert '<html lang="en">' in client.get("/api/docs").text


def test_an_unknown_language_changes_nothing(client: Any) -> None:
    client.post("/language", data={"locale": "xx", "back": "/"})
    assert '<html lang="vi">' in body(client)


def test_no_page_loads_anything_from_another_site() -> None:
    for folder, pattern in (("templates", "*.html"), ("static/js", "*.js"), ("static/css", "*.css")):
        for path in Path(ROOT, folder).rglob(pattern):
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            asked = re.findall(
                r"""(?:src|<link[^>]*href|url\(|from|import\()\s*=?\s*["']?(https?://[^"')\s]+)""", text
            )
            assert not asked, f"{path}: {asked}"


def test_every_icon_that_templates_name_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons.svg").read_text(encoding="utf-8")))
    for path in Path(ROOT, "templates").rglob("*.html"):
        for name in re.findall(r'\bicon\("([\w-]+)"', path.read_text(encoding="utf-8")):
            assert name in drawn, f"{path}: {name}"
