"""Checks: what could not be judged, and why."""
