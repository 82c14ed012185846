"""What the posting page asks about areas."""

import pytest

from tests import geography as here


def test_the_commune_at_a_place(client):
    answer = client.get(f"/areas/at?lat={here.SAI_GON.lat}&lon={here.SAI_GON.lon}")
    assert answer.json["code"] == "26740"
    assert answer.json["label"] == "Phường Sài Gòn, Thành phố Hồ Chí Minh"
    assert answer.json["approximate"] is False


def test_a_place_outside_every_area_is_a_problem_of_its_own(client):
    answer = client.get(
        f"/areas/at?lat={here.AT_SEA.lat}&lon={here.AT_SEA.lon}", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert "outside-every-area" in answer.text


@pytest.mark.parametrize(
    "query", ["", "lat=1", "lat=x&lon=y", "lat=nan&lon=1", "lat=91&lon=0", "lat=1e400&lon=0"]
)
def test_a_place_that_is_none_is_refused_kindly(client, query):
    assert client.get(f"/areas/at?{query}", headers={"Accept": "application/json"}).status_code == 422


def test_names_can_be_searched_from_a_field(client):
    part = client.get("/areas/search?q=sai+gon", headers={"HX-Request": "true"}).text
    assert 'value="26740"' in part
    assert "Phường Sài Gòn, Thành phố Hồ Chí Minh" in part
    assert "<html" not in part


def test_a_search_without_result_says_what_to_try(client):
    assert "Không tìm thấy" in client.get("/areas/search?q=zzzzzz").text
    assert client.get("/areas/search?q=").text.strip() == ""


def test_an_address_offers_its_commune(client):
    part = client.get("/areas/resolve?address=12 Lê Lợi, Phường Bến Nghé, Quận 1, TP.HCM").text
    assert 'value="26740"' in part
    assert "Trước đây: Phường Bến Nghé, Quận 1" in part


def test_what_was_typed_is_never_markup(client):
    assert "<script" not in client.get("/areas/search?q=<script>alert(1)</script>").text
    assert "<script" not in client.get("/areas/resolve?address=<script>alert(1)</script>").text
