"""What phones keep of forms (`static/js/draft.js`): which of it may go, once the server has it."""

from flask import Response, after_this_request, current_app

COOKIE = "acknowledged"
EVERY = "all"
KEPT_S = 86_400


def forget_draft(name: str) -> None:
    """With the answer to this request: no page of this browser brings the draft back any more.

    EVERY draft goes when somebody leaves, and what is kept of a round. Said by a cookie, which the next page
    reads before it fills in a form, whichever page that is.
    """

    @after_this_request
    def tell(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, name, max_age=KEPT_S, samesite="Lax", secure=secure)
        return response
