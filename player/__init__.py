"""The desktop player."""
