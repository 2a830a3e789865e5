"""Tests of portal.page_cache."""
