"""What the notifier tells Prometheus: counts of this process, and what the store holds."""
