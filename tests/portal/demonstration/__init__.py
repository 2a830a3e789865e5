"""Tests of portal.demonstration."""
