"""Hostile input for every door and page; the gate takes a little of it, `make fuzz` much."""
