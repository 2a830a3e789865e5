"""Tests of actions that meet at the same moment."""
