"""In one run on one real Kafka, with one core: a bare loop, Quix Streams, and our processor."""
