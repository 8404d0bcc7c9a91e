"""Checks: begun or raised too high or too fast."""
