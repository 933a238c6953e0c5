"""Gateway profiles: how a message is addressed and signed."""
