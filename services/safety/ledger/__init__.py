"""What one patient received and was prescribed: the newest statement about each entity, and indexes on it."""
