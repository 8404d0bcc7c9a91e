"""Which drugs a patient uses, and since when."""
