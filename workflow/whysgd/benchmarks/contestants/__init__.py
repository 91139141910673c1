"""The contestants: our training, and what a user would otherwise write."""
