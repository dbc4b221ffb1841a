"""Scripts by which a measuring kit that knows the two contracts alone prepares and runs us."""
