"""Handlers of queued jobs: one transaction each, safe to repeat."""
