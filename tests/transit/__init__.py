"""The ways to Kafka and Redis: what is encrypted, who logs in, and what is refused at the start."""
