"""Tests of articles.reads."""
