"""How well help reaches each ward: who waits, what is unmet, which wards fall behind."""
