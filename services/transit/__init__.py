"""How services reach Kafka and Redis: encrypted, known to each other, and never half of either."""
