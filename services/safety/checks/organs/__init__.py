"""Checks: too much for these kidneys or this liver, or forbidden by a result."""
