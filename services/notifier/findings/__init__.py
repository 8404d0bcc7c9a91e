"""What the engine found: read in strict order, decided how it may page, applied to the store."""
