"""Activations: which categories of help are on, where, from when to when."""
