"""Every route of the application says who may come in, and holds to it."""

import inspect
import uuid

import pytest

OPEN_ENDPOINTS = {"static", "openapi.spec", "openapi.swagger_ui_oauth_redirect", "openapi.docs"}


def doors(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in OPEN_ENDPOINTS]


def guard_of(app, rule) -> str | None:
    return getattr(app.view_functions[rule.endpoint], "guard", None)


def some_value(converter):
    if items := getattr(converter, "items", None):
        return sorted(items)[0]
    kinds = {"IntegerConverter": 1, "FloatConverter": 1.0, "UUIDConverter": uuid.UUID(int=0)}
    return kinds.get(type(converter).__name__, "x")


def address_of(app, rule) -> str:
    """Some address of the rule, made of values that its converters take."""
    values = {name: some_value(how) for name, how in rule._converters.items()}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)


def method_of(rule) -> str:
    return next(m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if m in rule.methods)


def test_no_door_is_without_a_guard(app) -> None:
    without = {f"{rule.endpoint} {rule.rule}" for rule in doors(app) if guard_of(app, rule) is None}
    assert without == set()


def test_guards_are_of_the_known_kinds(app) -> None:
    for rule in doors(app):
        guard = guard_of(app, rule)
        assert guard in {"public", "signed_in"} or guard.startswith("role:"), rule.rule


def test_a_stranger_gets_through_no_door_that_is_not_public(app, client) -> None:
    for rule in doors(app):
        if guard_of(app, rule) == "public":
            continue
        answer = client.open(address_of(app, rule), method=method_of(rule))
        to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
        assert to_sign_in or answer.status_code == 401, (rule.rule, answer.status_code)


def test_a_resident_gets_through_no_door_of_an_office(app, client_for, lan_resident) -> None:
    browser = client_for(lan_resident)
    offices = [rule for rule in doors(app) if guard_of(app, rule).startswith("role:")]
    assert len(offices) > 10
    for rule in offices:
        answer = browser.open(address_of(app, rule), method=method_of(rule))
        assert answer.status_code == 403, (rule.rule, answer.status_code)


def test_an_official_gets_through_no_door_of_administrators(app, client_for, anh_official_w1) -> None:
    browser = client_for(anh_official_w1)
    rules = [rule for rule in doors(app) if guard_of(app, rule) == "role:administrator"]
    assert rules
    for rule in rules:
        assert browser.open(address_of(app, rule), method=method_of(rule)).status_code == 403, rule.rule


def test_every_call_of_the_api_that_acts_for_somebody_asks_for_a_scope(app) -> None:
    free = {"people_api.create_token", "people_api.end_token"}
    for rule in doors(app):
        unsafe = not rule.methods & {"GET"}
        if not rule.rule.startswith("/api/v1/") or rule.endpoint in free:
            continue
        if unsafe or guard_of(app, rule) != "public":
            view = inspect.unwrap(app.view_functions[rule.endpoint])
            words = inspect.getsource(view) + inspect.getsource(inspect.getmodule(view))
            assert "scope_required(" in words, rule.rule


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/nowhere"])
def test_a_path_that_is_none_is_not_found(client, path) -> None:
    assert client.get(path).status_code == 404
