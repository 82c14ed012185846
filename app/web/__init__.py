"""Everything that speaks HTTP for all features alike."""
