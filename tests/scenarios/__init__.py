"""Stories about one patient in YAML, told to the real engine with the shipped knowledge."""
