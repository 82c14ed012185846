"""A simulated neighbourhood: people ask, volunteers open the application or are asked, help arrives."""
