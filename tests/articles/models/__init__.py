"""Tests of articles.models."""
