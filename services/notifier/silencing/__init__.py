"""Silences that people make while the notifier runs: kept in the store and its history, and obeyed."""
