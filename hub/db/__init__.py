"""Engines, roles, and the embedded server."""
