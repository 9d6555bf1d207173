"""Benchmarks beside honest references."""
