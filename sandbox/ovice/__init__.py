"""The pretend ovice."""
