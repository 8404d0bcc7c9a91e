"""Who must know, when, and again: issues become pages that somebody answers."""
