"""Tests of articles.files."""
