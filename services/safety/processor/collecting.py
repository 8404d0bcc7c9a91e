"""How often Python looks for cycles of garbage in a worker.

What the engine makes is immutable and without cycles, so next to nothing is ever found, and each search goes
through what was made since the last one, a full one through all patients. What is loaded before the first
event is never garbage and is left out of every search.
"""

import gc

MADE_BETWEEN = 50_000
"""Containers that may come into being between two searches among the newest; Python's own figure is 700."""


def spare_the_lasting() -> None:
    """From now on search seldom, and never among what exists already."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN, *gc.get_threshold()[1:])
