"""Ways to carry a message."""
