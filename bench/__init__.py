"""Benchmarks: measures the site against its goals. Start with `bench/run`."""
