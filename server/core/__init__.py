"""The authority's pure core: no I/O, reads no clock. The player imports it, too."""
