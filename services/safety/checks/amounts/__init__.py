"""Arithmetic of doses and orders that several checks share: sums, windows, slots, limits."""
