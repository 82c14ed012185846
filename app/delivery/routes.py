"""The outbox: what a demo would have sent. It does not exist anywhere else."""

from flask import Blueprint, Response
from flask_babel import gettext as _

from app.core.errors import NotFound
from app.delivery.actions import outbox_open
from app.delivery.queries import latest_messages
from app.people.guards import public, this_user
from app.web.pages import page

bp = Blueprint("delivery", __name__)


@bp.get("/outbox")
@public
def outbox() -> Response:
    """The newest messages."""
    if not outbox_open():
        raise NotFound(_("Không tìm thấy."))
    return page("delivery/outbox.html", messages=latest_messages(this_user()))
