"""Benchmarks: this project's training against what a user would otherwise write."""
