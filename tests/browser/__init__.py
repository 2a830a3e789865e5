"""Tests in a real browser (mark `browser`)."""
