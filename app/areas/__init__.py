"""Administrative units: which one a point is in, which ones lie under another, search by name."""
