"""Tests of articles.search."""
