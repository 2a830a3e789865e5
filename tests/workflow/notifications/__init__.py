"""Tests of workflow.notifications."""
