"""Studies: for each source, which figure reads which experiment."""
