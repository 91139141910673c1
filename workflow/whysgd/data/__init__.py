"""Data sets: what is known of each, how it is prepared into one file, how a run reads it."""
