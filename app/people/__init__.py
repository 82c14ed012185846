"""Users, their roles, their sessions and tokens."""
