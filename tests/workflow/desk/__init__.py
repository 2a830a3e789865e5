"""Tests of workflow.desk."""
