"""How well alerting works, counted from the history: figures with their numerators and denominators."""
