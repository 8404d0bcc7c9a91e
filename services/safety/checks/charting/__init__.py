"""Checks: entries that may be one dose twice, or were moved from or to another patient."""
