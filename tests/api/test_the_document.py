"""The OpenAPI document is true to the code, and no input makes the server fail."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from app.core.db import transaction
from app.people.tokens import create_token
from tests import make

DOCUMENT = "/api/v1/openapi.json"
SCOPES = ["cases:read", "cases:write", "claims:write", "exports:read"]
PROMISED = {
    ("post", "/api/v1/cases"),
    ("get", "/api/v1/cases"),
    ("get", "/api/v1/cases/{code}"),
    ("post", "/api/v1/cases/{code}/claims"),
    ("post", "/api/v1/cases/{code}/confirm"),
    ("post", "/api/v1/cases/{code}/reopen"),
    ("post", "/api/v1/cases/{code}/cancel"),
    ("post", "/api/v1/cases/{code}/still-needed"),
    ("post", "/api/v1/claims/{claim_id}/release"),
    ("post", "/api/v1/claims/{claim_id}/extend"),
    ("post", "/api/v1/claims/{claim_id}/deliver"),
    ("get", "/api/v1/asks"),
    ("post", "/api/v1/asks/{ask_id}/accept"),
    ("post", "/api/v1/asks/{ask_id}/decline"),
    ("post", "/api/v1/tokens"),
    ("delete", "/api/v1/tokens/current"),
    ("get", "/api/v1/areas"),
    ("get", "/api/v1/areas/at"),
    ("get", "/api/v1/coverage"),
    ("get", "/api/v1/exports/cases.csv"),
    ("get", "/api/v1/exports/cases.xlsx"),
    ("get", "/api/v1/exports/cases.geojson"),
}


def test_every_promised_operation_is_in_the_document(client: Any) -> None:
    document = client.get(DOCUMENT).json
    assert document["openapi"].startswith("3.1")
    held = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert held >= PROMISED


def test_a_body_without_which_nothing_is_done_is_said_to_be_required(client: Any) -> None:
    paths = client.get(DOCUMENT).json["paths"]
    assert paths["/api/v1/cases"]["post"]["requestBody"]["required"] is True
    assert paths["/api/v1/cases/{code}/claims"]["post"]["requestBody"]["required"] is False


def test_another_method_is_told_which_ones_there_are(client: Any) -> None:
    answer = client.put("/api/v1/cases")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_the_readable_page_is_served_from_here(client: Any) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "//cdn" not in page.text
    assert "swagger-ui-bundle.js" in page.text


def callers() -> list[dict[str, str]]:
    """The headers of a stranger, a volunteer, a medic and an official."""
    headers: list[dict[str, str]] = [{}]
    for person in (make.minh_volunteer(), make.dr_tam_medic(), make.anh_official_w1()):
        with transaction():
            token = create_token(person, "test", SCOPES, days=1).text
        headers.append({"Authorization": f"Bearer {token}"})
    return headers


@pytest.mark.slow
def test_no_input_makes_the_server_fail(app: Any) -> None:
    make.emergency()
    code = make.make_case().code
    people = callers()
    for number, found in enumerate(schemathesis.openapi.from_wsgi(DOCUMENT, app).get_all_operations()):
        operation = found.ok()
        if operation.method.lower() == "delete":
            continue  # It ends the token that the other operations are called with.
        for mode in GenerationMode:
            hammer(operation, mode, people[number % len(people)], code)


def hammer(operation: Any, mode: GenerationMode, headers: dict[str, str], code: str) -> None:
    """Send one operation right or wrong inputs as one caller; half of them about a case that exists."""

    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def never_fails(case: Any, known: bool) -> None:
        if known and "code" in case.path_parameters:
            case.path_parameters["code"] = code
        answer = case.call(headers=headers)
        assert answer.status_code < 500, (operation.label, answer.status_code, answer.text[:500])
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0] == "application/problem+json", operation.label

    try:
        never_fails()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, operation.label  # Nothing about it can be wrong.
