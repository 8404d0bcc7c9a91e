"""Kafka is the record: every transition goes there, and an empty store is brought back from it."""
