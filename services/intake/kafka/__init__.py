"""The Kafka door: three topics that sources write, read without loss and re-keyed to `patient-events`."""
