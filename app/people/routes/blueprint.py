"""The blueprints that the modules beside this one fill."""

from flask import Blueprint

bp = Blueprint("people", __name__)
admin_bp = Blueprint("admin", __name__, url_prefix="/admin/people")
