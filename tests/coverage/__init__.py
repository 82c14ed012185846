"""Coverage of wards."""
