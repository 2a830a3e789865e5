"""Tests of articles.text."""
