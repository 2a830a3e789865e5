"""Tests of articles.word."""
