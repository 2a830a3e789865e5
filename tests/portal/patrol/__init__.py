"""Tests of portal.patrol."""
