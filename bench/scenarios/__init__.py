"""Benchmark scenarios: each measures one group of goals."""
