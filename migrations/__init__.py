"""The database as it came to be, step by step."""
