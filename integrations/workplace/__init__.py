"""Everything that knows Workplace from Meta."""
