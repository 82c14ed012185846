"""The pages of cases; importing this fills the blueprints."""

from app.cases import drawing
from app.cases.routes import answers, claims, mine, posting, show, tracking
from app.cases.routes.blueprint import bp, claims_bp

__all__ = ["answers", "bp", "claims", "claims_bp", "drawing", "mine", "posting", "show", "tracking"]
