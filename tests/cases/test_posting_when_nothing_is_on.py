"""Outside of emergencies."""

from typing import Any


def test_without_an_emergency_the_page_says_so_and_names_the_numbers_to_call(client: Any) -> None:
    page = client.get("/post")
    assert page.status_code == 200
    assert "chưa có đợt ứng phó" in page.text
    assert "tel:115" in page.text
    assert '<form method="post" action="/post"' not in page.text
