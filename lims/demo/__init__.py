"""The demonstration laboratory."""
