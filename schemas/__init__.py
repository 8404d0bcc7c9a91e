"""The nouns that services exchange. Nothing here imports anything else of DoseWarden."""
