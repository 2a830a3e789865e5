"""Tests of articles.caching."""
