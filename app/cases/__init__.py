"""The heart: cases, their needs, the claims on them, and everything that can happen to them."""
