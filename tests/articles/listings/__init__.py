"""Tests of articles.listings."""
