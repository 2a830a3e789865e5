"""Tests of articles.public."""
