"""The authority: the process that owns room time and rooms."""

__version__ = "0.1.0"
