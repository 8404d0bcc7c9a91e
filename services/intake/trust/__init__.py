"""Who may speak at the doors that stay open, how they prove it, and of what they may speak."""
