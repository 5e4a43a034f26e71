"""The player's pure core: no I/O, reads no clock."""
