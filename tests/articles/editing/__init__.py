"""Tests of articles.editing."""
