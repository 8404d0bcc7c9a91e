"""Pages of low tiers wait for each other: those of one patient go as one, and what waited as one digest."""
