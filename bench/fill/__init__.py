"""Filling of databases with many articles for benchmarks."""
