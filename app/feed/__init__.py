"""The map feed: what is near, as a list, as tiles and as GeoJSON, all from the same filter."""
