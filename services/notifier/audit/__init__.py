"""What happened can be proved: the hash chains of `alert-history`, and how they are verified."""
