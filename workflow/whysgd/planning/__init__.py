"""What a scale will cost, before anything is spent: timings of its programs, and a table."""
