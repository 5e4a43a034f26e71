"""What helps peers reach each other when they can't by themselves."""
