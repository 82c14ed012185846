"""The doors of accounts, the profile, and the administration of people."""

from app.people.routes import admin, doors, profile, tokens
from app.people.routes.blueprint import admin_bp, bp

__all__ = ["admin", "admin_bp", "bp", "doors", "profile", "tokens"]
