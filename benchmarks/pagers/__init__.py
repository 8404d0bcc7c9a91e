"""What pages: ours and Prometheus Alertmanager, each started, fed and killed in the same way."""
