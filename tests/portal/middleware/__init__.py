"""Tests of portal.middleware."""
