"""The blueprints that the modules beside this one fill."""

from flask import Blueprint

bp = Blueprint("cases", __name__)
claims_bp = Blueprint("claims", __name__)
