"""Tests of the verification of the workflow."""
