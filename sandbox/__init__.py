"""A pretend ovice and a pretend Workplace: a program of its own, for tests and demonstrations."""
