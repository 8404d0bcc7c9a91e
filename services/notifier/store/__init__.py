"""The store, on Redis or Valkey: the way to it, the functions that change it, and questions to it."""
