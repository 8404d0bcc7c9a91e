"""Checks: too much, too often, too fast, for too long, or by the wrong route."""
