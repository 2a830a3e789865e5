"""Tests of workflow.rules."""
