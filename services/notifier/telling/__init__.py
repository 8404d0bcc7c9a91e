"""Orders to tell somebody: taken, held by one sender alone, carried out, and their outcome written down."""
