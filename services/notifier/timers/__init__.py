"""What is due by time alone: the next step of telling, a lease that ends, an alert that expires."""
