"""Tests of portal.home."""
