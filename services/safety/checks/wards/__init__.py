"""Whether a patient is in the house and sources are alive, so that what is missing means something."""
