"""The demo: everything on this machine, one DM carried before your eyes."""
