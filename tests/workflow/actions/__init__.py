"""Tests of workflow.actions."""
