"""Gateway authentication profiles: how a message is signed for one kind of gateway."""
