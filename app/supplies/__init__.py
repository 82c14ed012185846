"""Supply points: places that sell or give goods."""
