"""What a refusal or a failure becomes: a page, an htmx part, or problem+json. Decided here once."""

from typing import Any

import structlog
from apiflask.exceptions import HTTPError
from flask import Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import HTTP_STATUS_CODES

from app.core.errors import Refusal, SignInNeeded
from app.web.pages import wants_json, wants_part
from app.web.problems import problem
from app.web.sessions import login

log = structlog.get_logger("web")

TITLES = {
    400: _l("Yêu cầu chưa đúng"),
    401: _l("Bạn cần đăng nhập"),
    403: _l("Bạn không có quyền làm việc này"),
    404: _l("Không tìm thấy"),
    405: _l("Cách gọi này không được phép"),
    409: _l("Đã có thay đổi trước bạn"),
    413: _l("Nội dung quá lớn"),
    422: _l("Một vài chỗ cần sửa lại"),
    429: _l("Bạn thử hơi nhiều lần, chờ một chút nhé"),
    500: _l("Có lỗi ở phía chúng tôi"),
    503: _l("Hệ thống đang bận, thử lại sau ít phút"),
}


def set_up(app: Any) -> None:
    """Register the handlers."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, csrf_failed)
    app.register_error_handler(RateLimitExceeded, too_many)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(OperationalError, database_away)
    app.register_error_handler(DBAPIError, database_error)
    app.register_error_handler(RecursionError, too_deep)
    app.register_error_handler(ValueError, unholdable)
    app.register_error_handler(Exception, failed)
    app.error_processor(api_error)
    login.unauthorized_handler(sign_in_first)


def answer(
    status: int,
    *,
    slug: str = "about:blank",
    detail: str = "",
    errors: dict[str, list[str]] | None = None,
    **members: Any,
) -> Response:
    """The same no, in the form that this caller understands."""
    title = str(TITLES.get(status, _("Có lỗi xảy ra")))
    if wants_json():
        return problem(status, title, slug=slug, detail=detail, errors=errors, **members)
    template = "errors/_part.html" if wants_part() else "errors/page.html"
    body = render_template(
        template,
        status=status,
        title=title,
        detail=detail,
        errors=errors or {},
        slug=slug,
        extra=members,
    )
    response = Response(body, status, mimetype="text/html")
    response.vary.add("HX-Request")
    if wants_part():
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def refused(refusal: Refusal) -> Response:
    """A refusal of the domain."""
    if isinstance(refusal, SignInNeeded) and not wants_json():
        return sign_in_first()
    response = answer(
        refusal.status,
        slug=refusal.slug,
        detail=str(refusal.message),
        errors=refusal.errors or None,
        **refusal.extra,
    )
    if refusal.retry_after_s:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def sign_in_first() -> Response:
    """Send the person to the sign-in page and back afterwards; programs get a 401."""
    if wants_json():
        response = answer(401, slug="sign-in-needed")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    back = request.full_path if request.method == "GET" else (request.referrer or "/")
    target = url_for("people.sign_in", next=back)
    if wants_part():
        response = Response("", 204)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target, 303)  # type: ignore[return-value]


def csrf_failed(_error: CSRFError) -> Response:
    """The form was opened too long ago or in another session; a view may give it again, as typed."""
    view = current_app.view_functions.get(request.endpoint or "")
    if (again := getattr(view, "form_again", None)) is not None:
        return again()  # type: ignore[no-any-return]
    return answer(
        400,
        slug="csrf",
        detail=_("Trang đã mở quá lâu. Hãy tải lại trang rồi gửi lại; những gì bạn gõ vẫn còn trên máy."),
    )


def too_many(_error: RateLimitExceeded) -> Response:
    """A limit of tries was reached."""
    return answer(429, slug="too-many", detail=_("Vui lòng thử lại sau ít phút."))


def http_error(error: HTTPException) -> Response:
    """An error of HTTP itself; redirects pass."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    response = answer(status)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def too_deep(_error: RecursionError) -> Response:
    """JSON nested deeper than anybody means."""
    return answer(400)


def unholdable(error: ValueError) -> Response:
    """Text that the database cannot hold (NUL, half a character) is the caller's mistake."""
    if isinstance(error, UnicodeEncodeError) or "NUL (0x00)" in str(error):
        return answer(400)
    return failed(error)


def database_away(error: OperationalError) -> Response:
    """The database cannot be reached now: the person is told that nothing is lost."""
    log.error("database unreachable", kind=type(error.orig).__name__)
    response = answer(
        503,
        slug="database-away",
        detail=_("Chưa gửi được. Những gì bạn gõ vẫn còn trên máy, thử lại sau ít phút."),
    )
    response.headers["Retry-After"] = "5"
    return response


def database_error(error: DBAPIError) -> Response:
    """A connection that broke under way is the same as no connection."""
    if error.connection_invalidated:
        return database_away(error)  # type: ignore[arg-type]
    return failed(error)


def failed(error: Exception) -> Response:
    """Something we did not foresee. The log has the trace, the person an apology."""
    log.exception("unexpected error", exc_info=error)
    return answer(500)


def api_error(error: HTTPError) -> Response:
    """APIFlask's own validation errors, in our form."""
    named = error.message == HTTP_STATUS_CODES.get(error.status_code)  # the title says it already, in words
    response = answer(
        error.status_code,
        slug="invalid" if error.status_code == 422 else "about:blank",
        detail="" if named else str(error.message or ""),
        errors=_flat(error.detail),
    )
    if isinstance(wrong := request.routing_exception, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(wrong.valid_methods or ()))
    return response


def _flat(detail: Any) -> dict[str, list[str]] | None:
    """Field messages of APIFlask, however deep, as {field: [message, …]}."""
    found: dict[str, list[str]] = {}

    def walk(node: Any, path: tuple[str, ...]) -> None:
        if isinstance(node, dict) and "loc" in node and "msg" in node:
            found.setdefault(".".join(str(p) for p in node["loc"]), []).append(str(node["msg"]))
        elif isinstance(node, dict):
            for key, value in node.items():
                walk(value, (*path, str(key)))
        elif isinstance(node, list):
            for value in node:
                walk(value, path)
        else:
            found.setdefault(".".join(path[1:] or path), []).append(str(node))

    walk(detail, ())
    return found or None
