"""Checks: ended or missed where that is dangerous."""
