"""Where rooms are kept: `port.py` says what the authority needs of it; memory, an SQLite file and Redis give it."""
