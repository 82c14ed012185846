"""Where volunteers are, what they can do, and when."""
