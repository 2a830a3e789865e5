"""Tools of benchmarks: servers, load, measurements."""
