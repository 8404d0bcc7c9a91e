"""Checks: what is seen, or should have been measured, after a drug was begun."""
