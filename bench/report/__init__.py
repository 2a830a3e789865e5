"""Reports of benchmarks: goals, tables, plot."""
